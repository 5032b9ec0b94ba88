"""Who is let in: with roles in the inventory, only people who have one; denials are kept."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from engine.api.client import Client
from engine.api.user import user_name
from engine.errors import RequestRefused
from engine.model.access import RequestTurnedDown
from engine.model.role import Grant, Role
from engine.model.scope import Scope
from tests.api.served import Served
from tests.api.test_requests import call

ME = user_name(os.getuid())


def grant(engine: Served, *grants: Grant) -> None:
    def put() -> None:
        small = engine.engine
        small.snapshot = replace(small.snapshot, inventory=replace(small.snapshot.inventory, roles=grants))

    engine.do(put)


def turned_down(engine: Served) -> list[RequestTurnedDown]:
    return [e.event for e in engine.engine.store.events if isinstance(e.event, RequestTurnedDown)]


@pytest.mark.parametrize("path", ["/v1/board", "/v1/status", "/v1/history", "/v1/watch", "/metrics", "/v1/forecast"])
def test_without_a_role_nobody_may_even_look(engine: Served, path: str) -> None:
    grant(engine, Grant(Role.ADMIN, ("somebody-else",)))
    status, answer = call(engine.address, "GET", path)
    assert status == 403
    assert f"{ME} has no role in acme" in answer["error"]
    (noted,) = turned_down(engine)
    assert (noted.by, noted.asked, noted.subject, noted.denied) == (ME, "look", path, True)


def test_who_knocks_often_is_noted_once(engine: Served) -> None:
    grant(engine, Grant(Role.ADMIN, ("somebody-else",)))
    assert {call(engine.address, "GET", "/v1/board")[0] for _ in range(20)} == {403}
    assert len(turned_down(engine)) == 1


def test_a_viewer_may_look_and_no_more(engine: Served, client: Client) -> None:
    grant(engine, Grant(Role.VIEWER, ("*",)), Grant(Role.ADMIN, ("root-of-all",)))
    assert client.engine()["roles"] == ["viewer"]
    body = {"environment": "prod", "services": {"ledger": "1.1.0"}}
    status, answer = call(engine.address, "POST", "/v1/changes", body)
    assert status == 403
    assert "root-of-all could" in answer["error"]
    assert f"{ME} may not deploy" in client.plan({"environment": "prod", "services": {"ledger": "1.1.0"}})["refused"]


def test_a_role_for_one_service_is_a_role_for_no_other(engine: Served, client: Client) -> None:
    grant(engine, Grant(Role.DEPLOYER, (ME,), Scope(services=("ledger",))), Grant(Role.ADMIN, ("root-of-all",)))
    assert client.deploy({"environment": "prod", "services": {"ledger": "1.1.0"}})["change"] == "1"
    with pytest.raises(RequestRefused, match="may not deploy checkout@prod"):
        client.deploy({"environment": "prod", "services": {"checkout": "1.1.0"}})


@pytest.mark.parametrize(
    ("path", "body", "asked", "why"),
    [
        ("/v1/changes", {"environment": "prod", "services": {"ledgre": "1.1.0"}}, "deploy", "no service 'ledgre'"),
        ("/v1/changes", {"environment": "prod", "services": {"ledger": "9.9"}}, "Deploy", "9.9"),
        ("/v1/cancel", {"subject": "77"}, "cancel", "no change '77'"),
        ("/v1/approve", {"subject": 3}, "approve", "subject"),
        ("/v1/cordon", {"subject": "nowhere"}, "cordon", "nowhere"),
    ],
)
def test_whatever_is_refused_is_kept_once(engine: Served, path: str, body: object, asked: str, why: str) -> None:
    assert {call(engine.address, "POST", path, body)[0] < 500 for _ in range(3)} == {True}
    found = turned_down(engine)
    assert {(each.by, each.asked, each.denied) for each in found} == {(ME, asked, False)}
    assert all(why in each.why for each in found)
    # What the judge refused he keeps each time; what never came before him is kept once a minute.
    assert len(found) == (3 if asked == "Deploy" else 1)


def test_a_look_that_is_refused_is_nobodys_business_and_a_denied_one_is(engine: Served) -> None:
    call(engine.address, "GET", "/v1/changes/77")
    call(engine.address, "POST", "/v1/plan", {"environment": "prod", "services": {"nothing": "1"}})
    dry = {"environment": "prod", "services": {"ledger": "9.9"}, "dry_run": True}
    assert call(engine.address, "POST", "/v1/changes", dry)[0] == 409
    assert turned_down(engine) == []
    grant(engine, Grant(Role.VIEWER, (ME,)))
    assert call(engine.address, "GET", "/v1/audit/journal")[0] == 403
    (noted,) = turned_down(engine)
    assert (noted.by, noted.asked, noted.denied) == (ME, "journal", True)
