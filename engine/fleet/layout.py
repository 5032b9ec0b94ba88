"""What a fleet's folder holds: which hosts there are, where they listen, what runs at the start.

The engine's side (``inventory``, ``state``) and the fleet's (``fleet``) lie side by side;
``fleet/fleet.json`` is all that ``python -m engine.fleet`` needs to know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.fleet.host import HostSpec


@dataclass(frozen=True, slots=True)
class Folders:
    """The places below one demo folder."""

    root: Path

    @property
    def inventory(self) -> Path:
        """The inventory that the engine loads."""
        return self.root / "inventory"

    @property
    def state(self) -> Path:
        """The engine's state folder."""
        return self.root / "state"

    @property
    def identity(self) -> Path:
        """The private key that may log in everywhere."""
        return self.inventory / "identity"

    @property
    def hosts(self) -> Path:
        """The hosts' disks."""
        return self.root / "fleet" / "hosts"

    @property
    def layout(self) -> Path:
        """The file of ``Layout``."""
        return self.root / "fleet" / "fleet.json"

    @property
    def lock(self) -> Path:
        """Locked while a fleet runs here; holds its process id."""
        return self.root / "fleet" / "lock"

    @property
    def log(self) -> Path:
        """What the fleet's process had to say."""
        return self.root / "fleet" / "fleet.log"

    def host_key(self, name: str) -> Path:
        """A host's private key."""
        return self.root / "fleet" / "keys" / name


@dataclass(frozen=True, slots=True)
class Layout:
    """``block`` is the second and third byte of the hosts' addresses, written ``X.Y``;
    ``hosts`` maps a name to its address; ``seeds`` maps ``SERVICE@ENVIRONMENT`` to the version
    that runs there at the very first start."""

    block: str
    port: int
    hosts: Mapping[str, str]
    seeds: Mapping[str, str]

    def save(self, folders: Folders) -> None:
        """Write it where ``load`` reads it."""
        folders.layout.parent.mkdir(parents=True, exist_ok=True)
        folders.layout.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folders: Folders) -> Layout:
        """Read it. Raises OSError or ValueError if there is none or it is damaged."""
        data = json.loads(folders.layout.read_text(encoding="utf-8"))
        return cls(str(data["block"]), int(data["port"]), dict(data["hosts"]), dict(data["seeds"]))

    def specs(self, folders: Folders) -> list[HostSpec]:
        """Every host, as the fleet starts it."""
        authorized = folders.identity.with_suffix(".pub")
        return [
            HostSpec(name, address, self.port, folders.hosts / name, authorized) for name, address in self.hosts.items()
        ]
