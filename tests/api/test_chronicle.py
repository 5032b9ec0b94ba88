"""The history, of all that is asked for together."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.api.chronicle import Wanted, _found, about
from engine.api.client import Client
from engine.api.port import Port
from engine.api.user import user_name
from engine.errors import RequestRefused, UsageError
from engine.model.access import RequestTurnedDown
from engine.model.change import Status
from engine.model.decision import ChangeApproved
from engine.model.event import ChangeAccepted, Event, HostSeen, InstanceHeld, ItemStatus, Recorded
from engine.model.names import InstanceId
from engine.model.observation import Reach
from engine.store.sync import SyncStore
from tests.api.served import Served
from tests.builders import service, world

ME = user_name(os.getuid())


@pytest.fixture
def busy(engine: Served, client: Client) -> Client:
    """Three changes that wait, of two teams, one with sam's yes; and one request that was refused."""
    engine.do(lambda: setattr(engine.engine, "rolling", False))
    client.deploy({"environment": "prod", "services": {"ledger": "1.1.0"}})
    client.deploy({"environment": "staging", "services": {"checkout": "1.1.0"}})
    client.deploy({"environment": "prod", "services": {"search": "1.1.0"}})
    with pytest.raises(RequestRefused):
        client.deploy({"environment": "prod", "services": {"search": "9.9"}})
    engine.do(lambda: engine.engine.happen(ChangeApproved("1", "sam", "0" * 16)))
    return client


def told(client: Client, **wanted: str) -> list[tuple[str, str]]:
    found = client.history(limit=10_000, wanted=wanted)
    assert [event["seq"] for event in found] == sorted({event["seq"] for event in found})
    return [(event["kind"], event["change"]) for event in found if event["kind"] not in ("placement-seen", "host-seen")]


ADOPTED, ACCEPTED = ("instance-adopted", ""), "change-accepted"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"by": "sam"}, [("change-approved", "1")]),
        ({"by": ME}, [(ACCEPTED, "1"), (ACCEPTED, "2"), (ACCEPTED, "3"), ("request-turned-down", "")]),
        ({"by": "nobody"}, []),
        ({"service": "search"}, [ADOPTED, (ACCEPTED, "3"), ("request-turned-down", "")]),
        ({"team": "web", "by": ME}, [(ACCEPTED, "3"), ("request-turned-down", "")]),
        ({"team": "payments", "environment": "staging"}, [ADOPTED, ADOPTED, (ACCEPTED, "2")]),
        ({"team": "web", "service": "ledger"}, []),
        ({"service": "ledger", "environment": "prod"}, [ADOPTED, (ACCEPTED, "1"), ("change-approved", "1")]),
        ({"service": "ledger", "kind": "change-approved,item-status"}, [("change-approved", "1")]),
        ({"until": "2001-01-01T00:00:00Z"}, []),
        ({"since": "2200-01-01T00:00:00Z"}, []),
        ({"since": "2001-01-01T00:00:00+01:00", "by": "sam"}, [("change-approved", "1")]),
    ],
)
def test_it_tells_all_that_was_asked_for_and_nothing_else(
    busy: Client, wanted: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    assert told(busy, **wanted) == expected


def test_the_latest_are_told_where_there_are_more(busy: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.api.chronicle.PAGE", 3)
    assert [each["change"] for each in busy.history(limit=2, wanted={"kind": ACCEPTED, "by": ME})] == ["2", "3"]
    older = busy.history(limit=2, before=busy.history(limit=2, wanted={"by": ME})[0]["seq"], wanted={"by": ME})
    assert [each["change"] for each in older] == ["1", "2"]


def test_a_stretch_of_time_is_what_lies_in_it(busy: Client) -> None:
    everything = busy.history(limit=10_000)
    at = everything[-2]["at"]
    later, sooner = (busy.history(limit=10_000, wanted={name: at}) for name in ("since", "until"))
    assert [each["seq"] for each in sooner + later] == [each["seq"] for each in everything]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"service": "serch"}, "no service 'serch' (did you mean search"),
        ({"team": "wob"}, "no team 'wob' (did you mean web"),
        ({"environment": "pord"}, "no environment 'pord'"),
        ({"kind": "change-acepted"}, "no kind of event 'change-acepted' (did you mean change-accepted"),
        ({"kind": ","}, "kind names kinds of events"),
        ({"since": "yesterday"}, "is no time with its zone"),
    ],
)
def test_what_is_not_known_is_said(busy: Client, wanted: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        busy.history(wanted=wanted)


def test_what_an_event_is_about() -> None:
    made = world(service("web"), service("ledger"))
    change = made.deploy(web="2.0", ledger="2.0")
    changes, prod = {"1": change}, InstanceId("web", "prod")
    both = {("web", "prod"), ("ledger", "prod")}
    rows: list[tuple[Any, set[tuple[str, str]]]] = [
        (ChangeAccepted(change), both),
        (ChangeApproved("1", "bo", ""), both),
        (ItemStatus("1", "web", Status.RUNNING), {("web", "prod")}),
        (InstanceHeld(prod, "bo"), {("web", "prod")}),
        (HostSeen("web-1", Reach.UP, "boot", True), {("", "prod")}),
        (HostSeen("gone", Reach.UP, "boot", True), set()),
        (RequestTurnedDown("bo", "Approve", "1", "no"), both),
        (RequestTurnedDown("bo", "Deploy", "web=2.0 @prod", "no"), {("web", "prod")}),
        (RequestTurnedDown("bo", "Hold", "ledger", "no"), {("ledger", "")}),
        (RequestTurnedDown("bo", "look", "/v1/board", "no"), set()),
    ]
    for event, expected in rows:
        assert about(event, changes, replace(made.inventory)) == expected, event


def test_the_store_asks_of_a_change_or_of_kinds_and_the_history_of_both(tmp_path: Path) -> None:
    """The real journal, which reads by one of them."""
    store = SyncStore.open(tmp_path / "state")
    made = world(service("web"))
    first, second = made.deploy(web="2.0"), made.deploy(web="3.0")
    said = [ChangeApproved(each.id, "bo", "") for each in (first, second)]
    events: list[Event] = [ChangeAccepted(first), ChangeAccepted(second), *said]
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)

    async def found() -> list[Recorded]:
        await store.append([Recorded(seq, at, float(seq), event) for seq, event in enumerate(events, 1)])
        port = cast(Port, SimpleNamespace(store=store, snapshot=made.snapshot))
        kept = await _found(port, Wanted(kinds=frozenset({"ChangeApproved"})), "2", 10, 0)
        await store.close()
        return kept

    assert [each.seq for each in asyncio.run(found())] == [4]
