"""The DORA figures: what counts as a deployment, as a failure, as mended; and what counts as neither."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from engine.model.change import Change, Item, Kind, Status
from engine.model.decision import ChangeAborted
from engine.model.event import ChangeAccepted, Event, ItemStatus, Recorded
from engine.model.service import Configuration, DriverName
from engine.plan.dora import Figures, by, figures, team_of, trials
from tests.builders import T0

PLAIN = Configuration(DriverName.PROCESS, "/srv", "bin/x")
HOUR = timedelta(hours=1)


def journal(*lines: tuple[float, Event]) -> list[Recorded]:
    """Events, each so many hours after the beginning."""
    return [Recorded(seq, T0 + hours * HOUR, 0.0, event) for seq, (hours, event) in enumerate(lines, 1)]


def asked(number: int, *services: str, kind: Kind = Kind.DEPLOY) -> ChangeAccepted:
    items = tuple(Item(service, "2.0", PLAIN) for service in services)
    return ChangeAccepted(Change(number, "prod", items, "ana", T0, kind=kind))


def now(number: int, status: Status, service: str = "ledger") -> ItemStatus:
    return ItemStatus(str(number), service, status)


def told(*lines: tuple[float, Event], begin: datetime = T0, days: float = 2.0) -> Figures:
    return figures(trials(journal(*lines)), begin, begin + timedelta(days=days))


RAN = [(1.0, now(1, Status.RUNNING)), (3.0, now(1, Status.SUCCEEDED))]


def test_a_success_counts_from_the_queue_to_its_end() -> None:
    found = told((0.0, asked(1, "ledger")), *RAN)
    assert found == Figures(1, 0.5, 3 * 3600.0, 0, 0.0, None, 0, (1, 0))


def test_what_goes_back_by_itself_failed_and_is_mended_when_it_is_back() -> None:
    found = told(
        (0.0, asked(1, "ledger")),
        (1.0, now(1, Status.RUNNING)),
        (2.0, now(1, Status.REVERTING)),
        (2.5, now(1, Status.REVERTED)),
    )
    assert found == Figures(0, 0.0, None, 1, 1.0, 1800.0, 0, (0, 0))


def test_what_stays_broken_is_mended_by_the_next_success() -> None:
    broken = [(0.0, asked(1, "ledger")), (1.0, now(1, Status.RUNNING)), (2.0, now(1, Status.FAILED))]
    assert told(*broken).broken == 1
    mended = told(*broken, (4.0, asked(2, "ledger")), (6.0, now(2, Status.SUCCEEDED)))
    assert (mended.broken, mended.restore_s, mended.failure_rate) == (0, 4 * 3600.0, 0.5)


def test_a_retry_that_succeeds_mends_and_stays_one_trial() -> None:
    lines = [(0.0, asked(1, "ledger")), (2.0, now(1, Status.FAILED)), (3.0, now(1, Status.WAITING))]
    found = told(*lines, (5.0, now(1, Status.SUCCEEDED)))
    assert (found.deployments, found.failures, found.failure_rate, found.restore_s) == (1, 1, 1.0, 3 * 3600.0)


def test_a_rollback_makes_the_deployment_that_it_undoes_a_failure() -> None:
    back = asked(2, "ledger", kind=Kind.ROLLBACK)
    found = told((0.0, asked(1, "ledger")), *RAN, (10.0, back), (11.0, now(2, Status.SUCCEEDED)))
    assert (found.deployments, found.failures, found.failure_rate, found.restore_s) == (1, 1, 1.0, 3600.0)


def test_aborts_windows_and_cancellations_count_as_neither() -> None:
    found = told(
        (0.0, asked(1, "ledger")),
        (1.0, now(1, Status.RUNNING)),
        (2.0, ChangeAborted("1", "ana")),
        (2.1, now(1, Status.REVERTING)),
        (2.2, now(1, Status.REVERTED)),
        (3.0, asked(2, "ledger")),
        (4.0, now(2, Status.REVERTING)),
        (4.5, now(2, Status.WAITING)),
        (5.0, asked(3, "ledger")),
        (6.0, now(3, Status.CANCELLED)),
    )
    assert found == Figures(0, 0.0, None, 0, None, None, 0, (0, 0))


@pytest.mark.parametrize(("begin_h", "deployments"), [(0.0, 1), (2.9, 1), (3.1, 0), (-60.0, 0)])
def test_only_what_ended_in_time_counts(begin_h: float, deployments: int) -> None:
    begin = T0 + begin_h * HOUR
    assert told((0.0, asked(1, "ledger")), *RAN, begin=begin).deployments == deployments


def test_groups_by_team() -> None:
    found = trials(journal((0.0, asked(1, "ledger", "web")), *RAN, (4.0, now(1, Status.SUCCEEDED, "web"))))
    groups = by(found, team_of({"ledger": "payments", "web": "front"}))
    assert {name: [t.instance.service for t in some] for name, some in groups.items()} == {
        "front": ["web"],
        "payments": ["ledger"],
    }
