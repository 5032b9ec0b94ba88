"""A lockstep that is carried out with an outage: no order of its moves is safe, so its consumers
are stopped first, the others move, and the consumers start at their new versions.

What belongs together is written into each item when it begins, in one event: a crash between two
services must leave neither of them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outage:
    """An item's part in it. ``members`` are all services that go together, ``stops`` says
    whether this one is stopped meanwhile; ``ran`` is what each host ran when it began (None:
    nothing), where it goes back to if no one version ran everywhere."""

    members: tuple[str, ...]
    stops: bool
    ran: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutageBegan:
    """All ``members`` begin together; those in ``stopped`` are stopped before anything moves."""

    change: str
    members: tuple[str, ...]
    stopped: tuple[str, ...]
