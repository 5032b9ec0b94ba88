"""Somebody who may only look tries everything: every route of the interface, every command, every trick with
headers. Nothing is changed, each denial says who could, and each is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.cli.main import TABLE
from engine.api.client import Client
from engine.model.access import RequestTurnedDown
from engine.model.consent import OverridePolicy
from engine.model.role import Grant, Role
from engine.model.state import State
from tests.api.served import Served, served
from tests.api.test_requests import ME, call
from tests.cli.conftest import Interlock

SHA = "0" * 64
CHANGE, INSTANCE, HOST = {"subject": "1"}, {"subject": "ledger@prod"}, {"subject": "prod-eu-a1"}
DEPLOY = {"environment": "prod", "services": {"ledger": "2.0.0"}}
LIFT = {"subject": "1", "gate": "hold", "reason": "x"}
# What each route that takes something takes; those of LOOKS change nothing.
BODIES: dict[str, Any] = {
    "/v1/changes": DEPLOY, "/v1/apply": DEPLOY, "/v1/rollback": INSTANCE, "/v1/pause": {"subject": ""},
    "/v1/resume": {"subject": ""}, "/v1/cancel": CHANGE, "/v1/hold": CHANGE, "/v1/release": INSTANCE,
    "/v1/approve": CHANGE, "/v1/reject": CHANGE, "/v1/abort": CHANGE, "/v1/retry": CHANGE, "/v1/promote": CHANGE,
    "/v1/expedite": CHANGE, "/v1/clear-bad": {"services": {"ledger": "1.1.0"}, "reason": "x"},
    "/v1/hook": {"subject": "1", "again": True}, "/v1/override": LIFT, "/v1/cordon": HOST, "/v1/drain": HOST,
    "/v1/uncordon": HOST, "/v1/retire": HOST, "/v1/unretire": HOST, "/v1/restart": INSTANCE, "/v1/remove": INSTANCE,
    "/v1/artifacts/{service}/{version}": b"x",
}  # fmt: skip
LOOKS: dict[str, Any] = {
    "/v1/plan": DEPLOY, "/v1/rollback/plan": INSTANCE, "/v1/override/plan": LIFT,
    "/v1/touch": {"verb": "restart", "subject": "ledger@prod"}, "/v1/probe": {"hosts": ["prod-eu-a1"]},
}  # fmt: skip
# What each command that asks for something is given; the others look, or need no engine.
ASKS: dict[str, tuple[str, ...]] = {
    "deploy": ("ledger=2.0.0", "-e", "prod"), "apply": ("desired.yaml",), "rollback": ("ledger@prod",), "pause": (),
    "resume": (), "cancel": ("1",), "hold": ("1",), "release": ("ledger@prod",), "approve": ("1",), "reject": ("1",),
    "abort": ("1",), "retry": ("1",), "promote": ("1",), "expedite": ("1",), "hook": ("1", "again"),
    "clear-bad": ("ledger=1.1.0", "--reason", "x"), "override": ("1", "hold", "--reason", "x"),
    "cordon": ("prod-eu-a1",), "drain": ("prod-eu-a1",), "uncordon": ("prod-eu-a1",), "retire": ("prod-eu-a1",),
    "unretire": ("prod-eu-a1",), "restart": ("ledger@prod",), "remove": ("ledger@prod",), "backup": ("b.tar",),
}  # fmt: skip
LOOKING = {
    "status", "plan", "export", "queue", "forecast", "metrics", "show", "why", "hosts", "probe", "logs", "watch",
    "history", "graph", "audit",
}  # fmt: skip
ALONE = {
    "console", "demo", "engine", "init", "check", "schema", "simulate", "doctor", "restore", "completion",
}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A change of ledger waits, asked for by somebody else; whoever comes may look, boss may everything."""
    with served(tmp_path_factory.mktemp("viewer") / "engine.sock", rolling=False) as found:
        Client(found.address).deploy({"environment": "prod", "services": {"ledger": "1.1.0"}})
        found.do(lambda: grant(found, Grant(Role.VIEWER, ("*",)), Grant(Role.ADMIN, ("boss",))))
        yield found


def grant(engine: Served, *grants: Grant) -> None:
    lifts = OverridePolicy(("hold",), ("boss",), 3600)
    inventory = replace(engine.engine.snapshot.inventory, roles=grants, overrides=lifts)
    engine.engine.snapshot = replace(engine.engine.snapshot, inventory=inventory)


def denials(engine: Served) -> list[RequestTurnedDown]:
    return [each.event for each in engine.engine.store.events if isinstance(each.event, RequestTurnedDown)]


def state(engine: Served) -> State:
    """All that is known, without the clock: a denial takes time too."""
    return replace(engine.engine.snapshot.state, elapsed_s=0.0)


def test_every_route_that_takes_something_is_tried(place: Served) -> None:
    paths = place.server.app.openapi()["paths"]
    assert {path for path, methods in paths.items() if {*methods} != {"get"}} == {*BODIES, *LOOKS}


@pytest.mark.parametrize("path", sorted(BODIES))
def test_no_route_does_anything_for_who_may_only_look(place: Served, path: str) -> None:
    method = "PUT" if "{" in path else "POST"
    target = f"/v1/artifacts/ledger/9.0?sha256={SHA}&kind=file&environment=prod" if "{" in path else path
    before, known = state(place), len(denials(place))
    status, answer = call(place.address, method, target, BODIES[path])
    assert status == 403, answer
    assert answer["error"].startswith(f"{ME} may not")
    assert "boss" in answer["error"]
    (kept,) = denials(place)[known:]
    assert (kept.by, kept.denied) == (ME, True)
    assert state(place) == before


@pytest.mark.parametrize("path", sorted(LOOKS))
def test_what_only_looks_changes_nothing_and_says_what_would_be_refused(place: Served, path: str) -> None:
    before, known = state(place), len(denials(place))
    status, answer = call(place.address, "POST", path, LOOKS[path])
    assert status == 200
    assert path == "/v1/probe" or f"{ME} may not" in answer["refused"]
    assert (state(place), len(denials(place))) == (before, known)


TRICKS: list[tuple[str, dict[str, str]]] = [
    ("/v1/changes", {"x-forwarded-user": "boss", "x-forwarded-for": "127.0.0.1", "forwarded": "for=boss"}),
    ("/v1/changes", {"remote-user": "boss", "x-remote-user": "boss", "x-actor": "boss", "x-peer-uid": "0"}),
    ("/v1/changes", {"authorization": "Basic Ym9zczpib3Nz", "cookie": "user=boss"}),
    ("/v1/changes?actor=boss&user=boss&peer_uid=0", {}),
    ("/v1/plan", {"x-http-method-override": "PUT", "x-original-url": "/v1/changes", "x-rewrite-url": "/v1/changes"}),
    ("//v1/changes", {}),
    ("/v1/./changes", {}),
    ("/v1/%63hanges", {}),
    ("/v1/changes/", {}),
    ("http://boss@engine/v1/changes", {"host": "boss@engine"}),
]


@pytest.mark.parametrize(("target", "headers"), TRICKS)
def test_no_header_and_no_spelling_makes_somebody_else_of_one(
    place: Served, target: str, headers: dict[str, str]
) -> None:
    before = state(place)
    body = {**DEPLOY, "actor": "boss"}
    status, _ = call(place.address, "POST", target, body, headers)
    assert status in (307, 400, 403, 404, 405) or target.startswith("/v1/plan")
    assert state(place) == before
    assert {each.by for each in denials(place)} <= {ME}


def test_a_second_request_hidden_in_the_first_is_nobody_elses(place: Served) -> None:
    """Both a length and chunks: what comes after is refused, or is a request of the same person."""
    before = state(place)
    hidden = b"0\r\n\r\nPOST /v1/changes HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"
    status, _ = call(place.address, "POST", "/v1/plan", hidden, {"transfer-encoding": "chunked"})
    assert status in (400, 422)
    assert state(place) == before


def test_every_command_is_one_that_asks_or_looks_or_needs_no_engine() -> None:
    assert {*TABLE} == {*ASKS, *LOOKING, *ALONE}


@pytest.mark.parametrize("name", sorted(ASKS))
def test_no_command_does_anything_for_who_may_only_look(place: Served, interlock: Interlock, name: str) -> None:
    Path("desired.yaml").write_text(json.dumps({"prod": {"search": "2.0.0"}}))
    before, known = state(place), len(denials(place))
    ran = interlock(name, *ASKS[name], "--engine", place.address)
    assert (ran.code, ran.out) == (1, ""), ran
    assert f"{ME} may not" in ran.err
    assert denials(place)[known:] or name == "backup"
    assert state(place) == before
    assert not Path("b.tar").exists()
