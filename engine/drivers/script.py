"""The host script's text and digest: what a transport keeps on every host, named by digest.

The host needs one file, whoever reads it wants rooms: ``host/`` holds the script by topic, joined
here in the order in which a reader meets them. Only ``start`` runs anything; all else defines.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files

PARTS = (
    "head",  # what it is, its verbs, its files, why it survives a kill
    "words",  # saying, and checking arguments against allow-lists
    "tools",
    "places",  # folders and locks
    "claim",
    "stage",
    "cache",  # content the host has already
    "download",
    "unpack",
    "verify",  # content: as it was unpacked, as it is, and replaced
    "health",
    "drivers",  # what every driver answers, then one file each
    "systemd",
    "process",
    "container",
    "script",
    "logs",
    "calling",  # a step: begun, attached to, confirmed
    "job",  # a step: carried out, detached
    "judge",
    "leaving",  # a step that comes from another base folder or driver
    "prune",
    "deadman",
    "hooks",
    "observe",
    "inspect",
    "install",
    "start",
)


def _joined() -> bytes:
    folder = files("engine.drivers").joinpath("host")
    return b"\n".join(folder.joinpath(f"{part}.sh").read_bytes() for part in PARTS)


SCRIPT: bytes = _joined()
DIGEST: str = hashlib.sha256(SCRIPT).hexdigest()
