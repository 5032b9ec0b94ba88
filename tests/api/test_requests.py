"""What clients may send, what they may not, and who they are."""

from __future__ import annotations

import json
import os
import pwd
import random
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.api.client import Client
from engine.api.user import user_name
from engine.errors import RequestRefused, UsageError
from tests.api.served import Served

ME = pwd.getpwuid(os.getuid()).pw_name
HOSTILE = (
    "\x1b]52;c;cm0gLXJm\x07", "\x00", "; rm -rf /", "$(id)", "`id`", "-rf", "../../etc", "a" * 5000, "\u202e", "\ud800",
    "%s", "{address}", "1", "", " ", "@", "checkout@", "@prod", "checkout@prod/x", "é" * 300, "0x1", "1e999",
)  # fmt: skip


Headers = dict[str, str]


def call(address: str, method: str, target: str, body: Any = None, headers: Headers | None = None) -> tuple[int, Any]:
    """A request as anyone could make it; the status and the decoded body."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    head = {"host": "engine", "connection": "close", "content-length": str(len(data))}
    head |= {"content-type": "application/json"} | (headers or {})
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(address)
        with suppress(BrokenPipeError):  # refused before it was read
            connection.sendall("\r\n".join(lines).encode() + data)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    top, _, rest = answer.partition(b"\r\n\r\n")
    return int(top.split()[1]), json.loads(rest) if rest.strip().startswith((b"{", b"[")) else rest


def test_who_asks_is_the_user_at_the_socket(engine: Served, client: Client) -> None:
    assert client.engine()["you"] == ME
    client.deploy({"environment": "prod", "services": {"ledger": "1.1.0"}})
    assert client.change("1")["requested_by"] == ME
    assert user_name(4_000_000_000) == "uid:4000000000"


def test_an_actor_that_is_sent_is_ignored(engine: Served, client: Client) -> None:
    body = {"environment": "prod", "services": {"ledger": "1.1.0"}, "actor": "mallory"}
    status, accepted = call(engine.address, "POST", "/v1/changes?actor=mallory", body, {"x-actor": "mallory"})
    assert (status, accepted["change"]) == (200, "1")
    assert client.change("1")["requested_by"] == ME


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"environment": "prod"}, "services"),
        ({"environment": "prod", "services": {"ledger": "1.1.0"}, "force": True}, "force"),
        ({"environment": "prod", "services": {"ledger": 1.1}}, "ledger"),
        ({"environment": "prod", "services": ["ledger"]}, "services"),
        ({"environment": 1, "services": {}}, "environment"),
        ([], "the request"),
        (b"{", "JSON"),
        (b"\xff\xfe", ""),
        (b"", ""),
        (b"[" * 100_000, ""),
    ],
)
def test_a_malformed_body_is_a_problem_that_names_the_place(engine: Served, body: Any, place: str) -> None:
    status, problem = call(engine.address, "POST", "/v1/changes", body)
    assert 400 <= status < 500
    assert place in problem["error"]
    assert problem["nearest"] == []
    assert engine.engine.requests == []


def test_a_body_over_a_megabyte_is_refused(engine: Served) -> None:
    assert call(engine.address, "POST", "/v1/changes", b'"' + b"a" * 1_000_000 + b'"')[0] == 413


def test_refusals_are_problems_with_near_names(engine: Served, client: Client) -> None:
    status, problem = call(engine.address, "POST", "/v1/plan", {"environment": "prod", "services": {"ledgr": "1"}})
    assert (status, problem["nearest"]) == (404, ["ledger"])
    with pytest.raises(RequestRefused, match=r"9\.9\.9"):
        client.deploy({"environment": "prod", "services": {"ledger": "9.9.9"}})
    with pytest.raises(UsageError, match="Which environment"):
        client.deploy({"environment": "", "services": {"ledger": "1.1.0"}})
    with pytest.raises(UsageError, match="revert_all"):
        client.deploy({"environment": "prod", "services": {"ledger": "1.1.0"}, "on_failure": "panic"})
    assert call(engine.address, "GET", "/v1/nonsense")[0] == 404
    assert call(engine.address, "DELETE", "/v1/status")[0] == 405


def test_a_dry_run_queues_nothing(engine: Served, client: Client) -> None:
    assert client.deploy({"environment": "prod", "services": {"ledger": "1.1.0"}, "dry_run": True})["change"] == ""
    with pytest.raises(RequestRefused):
        client.deploy({"environment": "prod", "services": {"ledger": "9.9.9"}, "dry_run": True})
    assert engine.engine.requests == []


def test_openapi_describes_every_route(engine: Served) -> None:
    status, document = call(engine.address, "GET", "/openapi.json")
    assert status == 200
    looks, asks = "engine board status graph changes export hosts history watch", "plan apply rollback pause probe"
    assert {f"/v1/{name}" for name in f"{looks} {asks} resume cancel".split()} <= set(document["paths"])
    assert document["components"]["schemas"]["StatusRow"]["properties"]["current"]["type"] == "object"
    assert "from" in document["components"]["schemas"]["StepView"]["properties"]


def test_metrics_count_what_is(engine: Served, client: Client) -> None:
    engine.do(lambda: setattr(engine.engine, "rolling", False))
    client.deploy({"environment": "prod", "services": {"ledger": "1.1.0"}})
    engine.do(lambda: engine.engine.lose("prod-eu-b1"))
    text = call(engine.address, "GET", "/metrics")[1].decode()
    for line in ('changes{status="waiting"} 1.0', 'hosts{state="unreachable"} 1.0', 'hosts{state="up"} 3.0'):
        assert f"interlock_{line}" in text


def test_nothing_a_client_sends_is_answered_with_5xx(engine: Served) -> None:
    """Every route with hostile text in every place; a fixed seed, so that a failure replays."""
    chance = random.Random(7)
    document = call(engine.address, "GET", "/openapi.json")[1]
    asked = 0
    for path, methods in sorted(document["paths"].items()):
        if path == "/v1/watch":
            continue
        for method in sorted(methods):
            for text in HOSTILE:
                quoted = "".join(f"%{byte:02X}" for byte in text[:300].encode("utf-8", "surrogatepass"))
                target = path
                for name in ("change", "subject:path", "subject"):
                    target = target.replace("{" + name + "}", quoted)
                names = ("subject", "environment", "host", "limit", "change", "after")
                query = "&".join(f"{name}={quoted}" for name in names)
                body = chance.choice(
                    [
                        {"environment": text, "services": {text: text}, "reason": text},
                        {"environment": "prod", "services": {"ledger": text}, "on_failure": text},
                        {"subject": text, "to": text, "reason": text},
                        {"subject": text},
                        {"hosts": [text]},
                        [text],
                        text,
                    ]
                )
                sent = body if method == "post" else None
                status, answer = call(engine.address, method.upper(), f"{target}?{query}", sent)
                assert status < 500, (method, target, body, answer)
                assert "\x1b" not in json.dumps(answer, default=str)
                asked += 1
    assert asked > 300


def test_a_hostile_host_is_harmless_in_every_view(engine: Served, client: Client, tmp_path: Path) -> None:
    def spoil() -> None:
        engine.engine.fail["ledger"] = "\x1b]52;c;cm0gLXJm\x07\x9b31m[/bold]\u202eliam\x00"

    engine.do(spoil)
    client.deploy({"environment": "prod", "services": {"ledger": "1.1.0"}})
    deadline = time.monotonic() + 10
    while client.change("1")["state"] not in ("failed", "reverted") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert client.change("1")["state"] == "failed"
    everything = json.dumps(
        [client.board(), client.history(), client.logs("1"), client.why("1"), client.export()], ensure_ascii=False
    )
    assert "[/bold]" in everything
    assert not [c for c in everything if not (c.isprintable())]
