"""Webhooks are told at least once, signed, in order; a server that is down holds up nobody."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.model.change import Change, Item, Status
from engine.model.hook import SecretSource
from engine.model.scope import Scope
from engine.model.service import Configuration, DriverName
from engine.model.snapshot import Plan, Snapshot
from engine.model.wait import Reason, Wait
from engine.model.webhook import Told, Webhook
from engine.runtime import webhooks
from engine.runtime.notices import concerns, notices
from engine.runtime.ports import SystemChance
from engine.runtime.webhooks import Webhooks
from tests.builders import service, world

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def change(number: int, status: Status, failure: str = "", service: str = "ledger") -> Change:
    item = Item(service, "2", Configuration(DriverName.PROCESS, "", ""), origin="1", status=status, failure=failure)
    return Change(number, "prod", (item,), "ana", NOW, status=status, finished=NOW)


@dataclass
class World:
    """What the engine would show."""

    hooks: tuple[Webhook, ...]
    changes: list[Change] = field(default_factory=list)
    waits: tuple[Wait, ...] = ()

    def look(self) -> tuple[Snapshot, Plan]:
        snapshot = world(service("ledger"))
        state = replace(snapshot.state, changes={each.id: each for each in self.changes})
        inventory = replace(snapshot.inventory, webhooks={each.name: each for each in self.hooks})
        return replace(snapshot, inventory=inventory, state=state), Plan(waits=self.waits)


@dataclass
class Heard:
    """A server that notes what is posted, and answers with ``status``; never takes a body that
    holds ``refuses``."""

    port: int = 0
    status: int = 204
    refuses: bytes = b""
    refused: int = 0
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def events(self) -> list[tuple[str, str]]:
        """Event and subject of everything that was taken."""
        return [(each["event"], each["subject"]) for each in (json.loads(body) for _, body in self.posts)]


@pytest.fixture
def heard() -> Iterator[Heard]:
    found = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            takes = found.status < 300 and not (found.refuses and found.refuses in body)
            if takes:
                found.posts.append((dict(self.headers), body))
            else:
                found.refused += 1
            self.send_response(found.status if takes else max(found.status, 400))
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "LOOK_S", 0.02)
    monkeypatch.setattr(webhooks, "FIRST_PAUSE_S", 0.02)


@asynccontextmanager
async def telling(folder: Path, estate: World) -> AsyncIterator[None]:
    running = asyncio.create_task(Webhooks(folder, estate.look, SystemChance()).run())
    try:
        await until((folder / webhooks.FILE).exists)
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def hook(heard: Heard, *events: Told, secret: SecretSource | None = None, scope: Scope | None = None) -> Webhook:
    url = f"http://127.0.0.1:{heard.port}/x?token=t"
    return Webhook("chat", url, events or tuple(Told), secret, scope or Scope())


async def test_what_happens_is_told_once_and_signed(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_SECRET", "s3cret!")
    estate = World((hook(heard, secret=SecretSource(env="CHAT_SECRET")),), [change(1, Status.SUCCEEDED)])
    async with telling(tmp_path, estate):
        estate.changes.append(change(2, Status.FAILED, "h1 was not healthy"))
        await until(lambda: heard.posts)
        estate.changes.append(change(3, Status.REVERTED))
        await until(lambda: len(heard.posts) == 2)
        await asyncio.sleep(0.1)
    assert heard.events == [("failed", "2"), ("reverted", "3")]  # 1 had ended before the webhook came
    headers, body = heard.posts[0]
    told = json.loads(body)
    assert (told["organization"], told["message"], told["change"]["state"]) == ("acme", "h1 was not healthy", "failed")
    assert told["change"]["items"] == [{"service": "ledger", "from": "1", "to": "2", "state": "failed"}]
    signed = hmac.new(b"s3cret!", headers["X-Interlock-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-Interlock-Signature-256"] == f"sha256={signed}"
    assert b"s3cret!" not in body


async def test_a_server_that_is_down_is_told_when_it_is_back_also_by_the_next_engine(
    tmp_path: Path, heard: Heard
) -> None:
    estate = World((hook(heard),))
    heard.status = 503
    async with telling(tmp_path, estate):
        estate.changes.append(change(1, Status.SUCCEEDED))
        await asyncio.sleep(0.2)
    assert heard.posts == []
    async with telling(tmp_path, estate):
        heard.status = 200
        await until(lambda: "done:1" in (tmp_path / webhooks.FILE).read_text())
    told = len(heard.posts)  # more than one if the first engine ended in the middle of a try
    async with telling(tmp_path, estate):
        await asyncio.sleep(0.1)
    assert set(heard.events) == {("done", "1")}
    assert len(heard.posts) == told


async def test_only_what_was_asked_for_is_told_and_again_when_it_comes_again(tmp_path: Path, heard: Heard) -> None:
    wanted = Wait(Reason.APPROVAL_REQUIRED, "5", "2 approvals are missing", change="5", owner="pci")
    estate = World((hook(heard, Told.APPROVAL_WANTED, Told.HEAL_FAILED),), [], (wanted,))
    async with telling(tmp_path, estate):
        await until(lambda: heard.posts)
        estate.changes.append(change(1, Status.SUCCEEDED))
        failed = Wait(Reason.HEAL_FAILED, "ledger@prod/h1", "healing failed three times")
        for waits in ((failed,), (), (failed,)):
            estate.waits = waits
            count = len(heard.posts)
            await (until(lambda count=count: len(heard.posts) > count) if waits else asyncio.sleep(0.1))
    assert heard.events == [("approval_wanted", "5"), *[("heal_failed", "ledger@prod/h1")] * 2]


@pytest.mark.parametrize(
    ("scope", "heard_of"),
    [
        (Scope(), ["1", "2", "cart@prod/h1"]),
        (Scope(teams=("pay",)), ["1"]),
        (Scope(teams=("shop",), environments=("prod",)), ["2", "cart@prod/h1"]),
        (Scope(environments=("staging",)), []),
        (Scope(services=("ledger", "cart")), ["1", "2", "cart@prod/h1"]),
    ],
)
def test_a_webhook_hears_of_what_it_applies_to(scope: Scope, heard_of: list[str]) -> None:
    made = world(service("ledger", team="pay"), service("cart", team="shop"))
    made.state = replace(
        made.state, changes={"1": change(1, Status.SUCCEEDED), "2": change(2, Status.FAILED, service="cart")}
    )
    waits = (Wait(Reason.HEAL_FAILED, "cart@prod/h1", "healing failed three times"),)
    wanting = Webhook("chat", "http://x", tuple(Told), scope=scope)
    told = [each for each in notices(made.snapshot, Plan(waits=waits)) if concerns(wanting, each, made.inventory)]
    assert [each.body["subject"] for each in told] == heard_of


def test_changes_are_told_of_in_the_order_in_which_they_ended() -> None:
    late, early = replace(change(1, Status.FAILED), finished=NOW.replace(hour=13)), change(2, Status.SUCCEEDED)
    assert [each.body["subject"] for each in notices(*World((), [late, early]).look())] == ["2", "1"]


async def test_one_that_wants_more_than_before_is_not_told_of_what_had_ended(tmp_path: Path, heard: Heard) -> None:
    estate = World((hook(heard, scope=Scope(environments=("staging",))),))
    async with telling(tmp_path, estate):
        estate.changes.append(change(1, Status.SUCCEEDED))
        await until(lambda: "done:1" in (tmp_path / webhooks.FILE).read_text())
        estate.hooks = (hook(heard),)
        estate.changes.append(change(2, Status.SUCCEEDED))
        await until(lambda: heard.posts)
    assert heard.events == [("done", "2")]


async def test_a_wait_that_is_over_before_anybody_took_it_is_not_told(tmp_path: Path, heard: Heard) -> None:
    wanted = Wait(Reason.APPROVAL_REQUIRED, "5", "2 approvals are missing", change="5", owner="pci")
    estate = World((hook(heard),), [], (wanted,))
    heard.status = 500
    async with telling(tmp_path, estate):
        await until(lambda: heard.refused)
        estate.waits = ()
        tried = heard.refused
        estate.changes.append(change(1, Status.SUCCEEDED))
        heard.status = 204
        await until(lambda: ("done", "1") in heard.events)
    assert tried
    assert heard.events[-1] == ("done", "1")
    assert heard.events[:-1] in ([], [("approval_wanted", "5")])  # a try may have been under way


async def test_what_an_address_never_takes_is_given_up_and_the_next_is_told(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "GIVE_UP_S", 0.1)
    estate = World((hook(heard),))
    heard.refuses = b'"subject": "1"'
    async with telling(tmp_path, estate):
        estate.changes += [change(1, Status.SUCCEEDED), change(2, Status.SUCCEEDED)]
        await until(lambda: heard.posts)
    assert heard.events == [("done", "2")]
    assert heard.refused > 1


async def test_one_that_hangs_does_not_hold_up_the_others(tmp_path: Path, heard: Heard) -> None:
    hanging = threading.Event()

    def send(url: str, body: bytes, headers: object) -> int:
        return 200 if "fine" in url and not told.append(body) else hanging.wait(5) or 500

    told: list[bytes] = []
    both = (Webhook("a", "http://hangs", tuple(Told)), Webhook("b", "http://fine", tuple(Told)))
    estate = World(both)
    running = asyncio.create_task(Webhooks(tmp_path, estate.look, SystemChance(), send).run())
    await until((tmp_path / webhooks.FILE).exists)
    estate.changes.append(change(1, Status.SUCCEEDED))
    await until(lambda: told)
    running.cancel()
    hanging.set()
    with suppress(asyncio.CancelledError):
        await running


def test_a_change_that_fails_again_is_told_again() -> None:
    first = change(1, Status.FAILED)
    again = replace(first, finished=NOW.replace(hour=13))
    keys = {each.key for one in (first, again) for each in notices(*World((), [one]).look())}
    assert len(keys) == 2
