"""Where the engine is: which folder holds its state, which socket it answers on.

The command line, the console and the engine itself must come to the same answer, so it is
worked out here and nowhere else, and cheaply: no YAML parser, no pydantic.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

from engine.errors import EngineUnreachable, UsageError

SOCKET_NAME = "engine.sock"
SCHEME = "ssh://"
SYSTEM_FOLDER = "/run/interlock"
INVENTORY_NAMES = ("interlock.yaml", "inventory.yaml")
INVENTORY_FOLDER = "inventories"
_ORGANIZATION = re.compile(r"""^organization:\s*(?:"([^"]+)"|'([^']+)'|([^\s#"'][^#]*?))\s*(?:#.*)?$""")
_SUN_PATH_BYTES = 107
_HEAD_CHARACTERS = 1_000_000


def find_inventory(option: str | None, environ: Mapping[str, str], folder: Path) -> Path | None:
    """The inventory to use: the option, INTERLOCK_INVENTORY, or what lies in ``folder``.

    None if nothing is there. Raises UsageError if a path was named that does not exist, or
    ``inventories`` holds several.
    """
    named = option or environ.get("INTERLOCK_INVENTORY")
    if named:
        path = Path(named).expanduser()
        if not path.exists():
            raise UsageError(f"There is no inventory at {path}: name a YAML file or a folder of them.")
        return path
    for name in INVENTORY_NAMES:
        if (folder / name).is_file():
            return folder / name
    return _only_inventory(folder / INVENTORY_FOLDER)


def _only_inventory(folder: Path) -> Path | None:
    """The one inventory in ``folder``: a YAML file, or a folder that holds YAML files."""
    if not folder.is_dir():
        return None
    found = [path for path in sorted(folder.iterdir()) if _is_inventory(path)]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UsageError(f"{folder} holds several inventories ({names}): choose one with -i.")
    return found[0] if found else None


def _is_inventory(path: Path) -> bool:
    if path.is_dir():
        return any(path.glob("*.y*ml"))
    return path.suffix in (".yaml", ".yml")


def organization_of(inventory: Path) -> str | None:
    """The organization's name as the inventory gives it, found by one look at each file's
    lines; None if there is none (loading the inventory will say so properly)."""
    files = sorted(inventory.glob("*.y*ml")) if inventory.is_dir() else [inventory]
    for file in files:
        try:
            with file.open(encoding="utf-8", errors="replace") as stream:
                text = stream.read(_HEAD_CHARACTERS)
        except OSError:
            continue
        for line in text.splitlines():
            if match := _ORGANIZATION.match(line):
                return next(group for group in match.groups() if group)
    return None


def state_folder(option: str | None, environ: Mapping[str, str], organization: str | None) -> Path | None:
    """The state folder: the option, INTERLOCK_STATE, or the organization's own folder below
    the XDG state folder. None if it depends on an organization that is not known."""
    named = option or environ.get("INTERLOCK_STATE")
    if named:
        return Path(named).expanduser()
    if organization is None:
        return None
    from platformdirs import user_state_path

    return user_state_path("interlock") / _as_folder(organization)


def _as_folder(organization: str) -> str:
    """The organization's name with everything that a path could trip over replaced."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", organization).lstrip(".") or "_"


def engine_address(option: str | None, environ: Mapping[str, str], state: Path | None, organization: str | None) -> str:
    """The socket to talk to: the option, INTERLOCK_ENGINE, the state folder's, the system's.

    An ``ssh://`` address comes back whole, with the system's socket where it names none. Raises
    EngineUnreachable if nothing tells where an engine could be, UsageError for what is no address.
    """
    named = option or environ.get("INTERLOCK_ENGINE")
    if named:
        if named.startswith(SCHEME):
            from engine.api import tunnel  # only who needs it pays for it

            default = f"{SYSTEM_FOLDER}/{_as_folder(organization)}/{SOCKET_NAME}" if organization else ""
            return tunnel.address_of(tunnel.parse(named, default))
        return str(Path(named).expanduser())
    own = state / SOCKET_NAME if state else None
    system = Path(SYSTEM_FOLDER) / _as_folder(organization) / SOCKET_NAME if organization else None
    for path in (own, system):
        if path is not None and path.is_socket():
            return str(path)
    if own is None:
        raise EngineUnreachable(
            "No engine can be reached: there is no inventory here that names an organization, and no --engine or "
            "--state was given. Name one of them."
        )
    return str(own)


def connectable(path: str) -> tuple[str, int | None]:
    """A name for the socket ``path`` that fits the kernel's 107 bytes, and a descriptor to
    close once it was used (None if none was needed)."""
    if len(os.fsencode(path)) <= _SUN_PATH_BYTES:
        return path, None
    folder, name = os.path.split(path)
    descriptor = os.open(folder or ".", os.O_PATH | os.O_DIRECTORY)
    return f"/proc/self/fd/{descriptor}/{name}", descriptor


def connect(path: str, timeout_s: float | None) -> socket.socket:
    """A connection to the Unix socket at ``path``. Raises OSError."""
    name, descriptor = connectable(path)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect(name)
    except BaseException:
        connection.close()
        raise
    finally:
        if descriptor is not None:
            os.close(descriptor)
    return connection
