"""Findings from the journal: what nobody has deployed for long, where it is declared."""

from __future__ import annotations

from datetime import timedelta

from engine.hygiene import NOT_DEPLOYED, from_history
from engine.hygiene.history import KINDS, latest
from engine.model.change import Change, Item, Status
from engine.model.event import ChangeAccepted, Event, InstanceAdopted, ItemStatus, Recorded
from engine.model.names import InstanceId
from tests.builders import CONFIGURATION, T0, estate, service

INVENTORY = estate(service("resting"), service("busy"), service("new"), service("failing"))
DAYS = timedelta(days=1)


def journal(*entries: tuple[int, Event]) -> list[Recorded]:
    """Events, each so many days after the first."""
    assert all(isinstance(event, KINDS) for _, event in entries)
    return [Recorded(seq, T0 + day * DAYS, day * 86400.0, event) for seq, (day, event) in enumerate(entries, 1)]


def rolled(number: int, name: str, day: int, end: Status = Status.SUCCEEDED) -> list[tuple[int, Event]]:
    change = Change(number, "prod", (Item(name, "2.0", CONFIGURATION),), "ana", T0 + day * DAYS)
    return [
        (day, ChangeAccepted(change)),
        (day, ItemStatus(str(number), name, Status.RUNNING)),
        (day, ItemStatus(str(number), name, end)),
    ]


def adopted(name: str, day: int) -> tuple[int, Event]:
    return day, InstanceAdopted(InstanceId(name, "prod"), "1.0", CONFIGURATION)


def test_what_was_neither_deployed_nor_new_for_half_a_year_is_told() -> None:
    events = journal(
        *(adopted(name, 0) for name in ("resting", "busy", "failing")),
        *rolled(1, "resting", 10),
        *rolled(2, "busy", 100),
        *rolled(3, "failing", 180, Status.FAILED),
        adopted("new", 190),
    )
    found = from_history(INVENTORY, latest(events), T0 + 200 * DAYS)
    assert {each.rule for each in found} == {NOT_DEPLOYED}
    assert [each.message.partition(":")[0] for each in found] == [
        "failing@prod was not deployed for 200 days (since 2026-11-24)",
        "resting@prod was not deployed for 190 days (since 2026-12-04)",
    ]
    assert from_history(INVENTORY, latest(events), T0 + 179 * DAYS) == []
