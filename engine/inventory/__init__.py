"""Files -> Inventory, and the artifacts beside them -> Catalog. All that reads what operators
wrote is here; what leaves is checked, resolved and free of YAML."""

from __future__ import annotations

from engine.inventory.finder import find
from engine.inventory.loader import load

__all__ = ["find", "load"]
