"""Whether releases still are what was unpacked: every file of what is current is read again.

It takes as long as reading takes, so it is asked seldom and beside the looks, never within one.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.drivers.spec import PlacementSpec
from engine.drivers.wire import lines, read
from engine.model.names import PlacementId
from engine.model.observation import Verdict
from engine.model.remote import Command, Reply

READING_S = 1800.0


def verify(organization: str, specs: Sequence[PlacementSpec]) -> Command:
    """Compare what is current of these placements of one host with what was unpacked there. Changes
    nothing, needs no claim. What the service added to its release is no difference."""
    pairs = [pair for spec in specs for pair in (("service", spec.service), ("base", spec.base), ("end", ""))]
    return Command("verify", (("organization", organization),), lines(pairs), timeout_s=READING_S)


def parse_verify(reply: Reply, specs: Sequence[PlacementSpec]) -> tuple[Verdict, ...]:
    """Read the answer to ``verify``: a verdict for each placement that has a release, and never more
    than one, whatever the host says. Raises ``AnswerUnreadable`` if it is not an answer."""
    names = {spec.service: spec.placement for spec in specs}
    found: dict[PlacementId, Verdict] = {}
    where: PlacementId | None = None
    release = ""
    for key, value in read(reply).pairs:
        if key == "service":
            where = names.get(value)
        elif key == "release":
            release = value
        elif key == "altered" and where is not None:
            found.setdefault(where, Verdict(where, release, value))
    return tuple(found.values())
