"""The host script's text and digest: what a transport keeps on every host, named by digest."""

from __future__ import annotations

import hashlib
from importlib.resources import files

SCRIPT: bytes = files("engine.drivers").joinpath("host.sh").read_bytes()
DIGEST: str = hashlib.sha256(SCRIPT).hexdigest()
