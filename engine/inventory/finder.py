"""Which inventory is meant, when a command says so or leaves it open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.errors import UsageError
from engine.inventory.files import is_inventory_file

VARIABLE = "INTERLOCK_INVENTORY"
FILES = ("interlock.yaml", "inventory.yaml")
FOLDER = "inventories"


def find(explicit: str | None, cwd: Path, env: Mapping[str, str]) -> Path:
    """The inventory's path: ``--inventory``, else INTERLOCK_INVENTORY, else interlock.yaml or
    inventory.yaml under ``cwd``, else the only one in the folder ``inventories`` there.

    Pass ``Path()`` as ``cwd`` to keep paths, and so findings, relative. Raises UsageError
    naming what was tried.
    """
    for origin, text in (("--inventory", explicit), (VARIABLE, env.get(VARIABLE))):
        if text:
            path = cwd / text
            if not _exists(path):
                raise UsageError(f"{origin} {text}: no such file or folder")
            return path
    for name in FILES:
        if _exists(cwd / name):
            return cwd / name
    candidates = _candidates(cwd / FOLDER)
    if len(candidates) == 1:
        return candidates[0]
    tried = f"tried {', '.join(f'./{name}' for name in FILES)} and ./{FOLDER}"
    if candidates:
        names = ", ".join(str(each) for each in candidates)
        raise UsageError(f"./{FOLDER} holds several inventories: name one with --inventory or {VARIABLE} ({names})")
    raise UsageError(f"no inventory found: name one with --inventory PATH or {VARIABLE} ({tried})")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _candidates(folder: Path) -> list[Path]:
    """Every inventory in a folder of them: a YAML file, or a folder that holds one."""
    try:
        return sorted(
            each
            for each in folder.iterdir()
            if (is_inventory_file(each) and each.is_file())
            or (each.is_dir() and not each.name.startswith(".") and any(map(is_inventory_file, each.iterdir())))
        )
    except OSError:
        return []
