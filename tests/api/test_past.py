"""The board as it was, and the other routes that look over time, against a served engine."""

from __future__ import annotations

import asyncio
import random
from typing import Any, cast

import pytest

from engine.api.client import Client
from engine.api.past import MARK_EVERY, Past, Then, Until
from engine.errors import UsageError
from engine.model import event as ev
from engine.model.state import State
from engine.plan.evolve import fold
from tests.api.served import Served
from tests.api.small_engine import Journal


def versions(board: Any, service: str) -> dict[str, int]:
    """What runs of a service in prod."""
    (row,) = (r for r in board["status"] if (r["service"], r["environment"]) == (service, "prod"))
    return cast("dict[str, int]", row["current"])


def test_the_board_as_it_was_before_a_deploy(engine: Served, client: Client) -> None:
    before = client.board()
    client.deploy({"environment": "prod", "services": {"ledger": "1.1.0"}})
    with client.watch(after=0) as stream:
        for event in stream:
            if event["kind"] == "change-status" and "succeeded" in event["message"]:
                break
    now, then = client.board(), client.board(str(before["engine"]["seq"]))
    assert set(versions(now, "ledger")) == {"1.1.0"}
    assert versions(then, "ledger") == versions(before, "ledger")
    assert (then["changes"], then["past"]["seq"]) == ([], before["engine"]["seq"])
    assert then["past"]["last"] == now["engine"]["seq"]
    assert "past" not in now
    middle = client.board(str(before["engine"]["seq"] + 4))
    assert middle["changes"][0]["state"] in {"waiting", "running"}
    stamp = client.history(limit=1)[0]["at"]
    assert client.board(stamp)["past"]["seq"] == now["engine"]["seq"]


@pytest.mark.parametrize("at", ["yesterday", "-1", "2026-11-24", "٣", "2026-11-24T00:00:00", "9" * 30])
def test_what_is_no_time_is_refused(client: Client, at: str) -> None:
    with pytest.raises(UsageError, match="no time with its zone"):
        client.board(at)


async def test_marks_change_no_answer() -> None:
    journal = Journal()
    from tests.api.small_engine import SmallEngine

    engine = SmallEngine()
    first = engine.store.events
    pad = [ev.EnginePaused(f"p{n}") for n in range(3 * MARK_EVERY)]
    journal.events = [*first] + [
        ev.Recorded(len(first) + n, first[-1].at, float(n), event) for n, event in enumerate(pad, 1)
    ]
    past, chance = Past(), random.Random(7)
    last = journal.events[-1].seq
    for seq in [last, 0, *(chance.randrange(1, last) for _ in range(8))]:
        found = await past.then(cast(Any, journal), Until(seq=seq))
        assert isinstance(found, Then)
        assert found.seq == seq
        assert found.state == fold(State(), journal.events[:seq])
    assert len(past._marks) > 2


async def test_many_at_once_agree() -> None:
    from tests.api.small_engine import SmallEngine

    engine = SmallEngine()
    past = Past()
    seqs = [3, 9, 1, 9, 3]
    found = await asyncio.gather(*(past.then(cast(Any, engine.store), Until(seq=seq)) for seq in seqs))
    assert [then.seq for then in found] == seqs


def test_history_pages_backwards(client: Client) -> None:
    whole = client.history(limit=1000)
    assert client.history(limit=3, before=whole[-1]["seq"]) == whole[-4:-1]
    assert client.history(limit=3, before=1) == []


def test_figures_calendar_and_findings(engine: Served, client: Client) -> None:
    engine.do(lambda: setattr(engine.engine, "fail", {"checkout": "health answered 500"}))
    for name in ("ledger", "checkout"):
        client.deploy({"environment": "prod", "services": {name: "1.1.0"}})
    with client.watch(after=0) as stream:
        ends = 0
        for event in stream:
            ends += event["kind"] == "change-status" and event["message"].split()[-1] in {
                "succeeded",
                "failed",
                "reverted",
            }
            if ends == 2:
                break
    found = client.dora()
    assert found["environment"] == "prod"
    assert (found["all"]["deployments"], found["all"]["failures"], found["all"]["failure_rate"]) == (1, 1, 0.5)
    assert {each["name"]: each["failures"] for each in found["services"]}["checkout"] == 1
    assert client.dora("staging")["all"]["deployments"] == 0
    assert client.calendar()["policies"] == []
    with pytest.raises(UsageError, match="at most 92 days"):
        client.calendar("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
    assert {"file", "line", "severity", "rule", "message"} <= set(client.findings()[0])
