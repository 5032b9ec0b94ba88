"""Hosts under maintenance: what people say of a host, as it is remembered, asked for and kept in
the journal.

A cordoned host is started nothing on; a drained one is also emptied, and brought back to its
targets when that is over; a retired one is out of every rule at once. As with all events, a
class's name is its kind in the journal: renaming one needs a migration.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Upkeep(StrEnum):
    """What is done with a host."""

    CORDONED = "cordoned"
    DRAINED = "drained"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A host that people took aside: how, who, why ("" = they did not say) and since when."""

    host: str
    upkeep: Upkeep
    by: str
    reason: str
    at: datetime

    def sentence(self) -> str:
        """It in words."""
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.by} {self.upkeep.value} {self.host} at {self.at:%Y-%m-%d %H:%M} UTC{why}"

    @property
    def undo(self) -> str:
        """The command that ends it."""
        return f"interlock {'unretire' if self.upkeep is Upkeep.RETIRED else 'uncordon'} {self.host}"


@dataclass(frozen=True, slots=True)
class HostCordoned:
    """Nothing new is started, placed or healed on this host."""

    host: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HostDrained:
    """Cordoned, and what runs there is stopped, one after the other, as budgets allow."""

    host: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HostUncordoned:
    """The host takes part again; what was stopped for its maintenance comes back."""

    host: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HostRetired:
    """The host is out of dependencies, budgets and convergence; what runs there is stopped as soon
    as it answers."""

    host: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HostUnretired:
    """The host takes part again; what ran there comes back."""

    host: str
    by: str
    reason: str = ""


MaintenanceEvent = HostCordoned | HostDrained | HostUncordoned | HostRetired | HostUnretired


@dataclass(frozen=True, slots=True)
class Cordon:
    """Start, place and heal nothing more on a host."""

    actor: str
    host: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Drain:
    """Cordon a host and stop what runs there."""

    actor: str
    host: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Uncordon:
    """Undo ``Cordon`` or ``Drain``."""

    actor: str
    host: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Retire:
    """Take a host, dead or alive, out of everything."""

    actor: str
    host: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unretire:
    """Undo ``Retire``."""

    actor: str
    host: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Restart:
    """Restart an instance (SERVICE or SERVICE@ENV) as it is, with the gates and strategy of any
    rollout."""

    actor: str
    subject: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Remove:
    """Stop an instance (SERVICE@ENV) and withdraw it: its orphans, if there are any, else all of
    it. ``only_orphans``: never the instance itself."""

    actor: str
    subject: str
    reason: str = ""
    only_orphans: bool = False


MaintenanceRequest = Cordon | Drain | Uncordon | Retire | Unretire | Restart | Remove
