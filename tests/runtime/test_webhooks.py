"""Webhooks are told at least once, signed, in order; a server that is down holds up nobody."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from engine.model.change import MoveState, Status
from engine.model.hook import SecretSource
from engine.model.request import Retry
from engine.model.scope import Scope
from engine.model.snapshot import Plan
from engine.model.wait import Reason, Wait
from engine.model.webhook import Told, Webhook
from engine.runtime import webhooks
from engine.runtime.notices import concerns, notices
from engine.runtime.ports import SystemChance
from engine.runtime.webhooks import Webhooks
from engine.store.codec import decode_state, encode_state
from tests.builders import service, world
from tests.plan.asking import ask
from tests.runtime.receiving import NOW, Heard, Real, World, change, hook, server, telling, until


@pytest.fixture
def heard() -> Iterator[Heard]:
    with server() as found:
        yield found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "LOOK_S", 0.02)
    monkeypatch.setattr(webhooks, "FIRST_PAUSE_S", 0.02)


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


async def test_a_failure_that_was_retried_while_nobody_took_it_is_told_by_the_next_engine(
    tmp_path: Path, heard: Heard
) -> None:
    made = world(service("ledger"))
    made.inventory = replace(made.inventory, webhooks={"chat": hook(heard)})
    made.deploy(ledger="2.0")
    heard.status = 503
    async with telling(tmp_path, Real(made)):
        while acts := made.settle():
            made.finish(acts[0], MoveState.REVERTED, "h1 was not healthy")
        assert made.state.changes["1"].status is Status.FAILED
        await until(lambda: heard.refused)
        ask(made, Retry("ana", "1", "the disk was full"))
    assert (made.state.changes["1"].status, heard.posts) == (Status.WAITING, [])
    heard.status, made.state = 204, decode_state(encode_state(made.state))  # as the next engine finds it
    async with telling(tmp_path, Real(made)):
        await until(lambda: heard.posts)
        made.run()
        await until(lambda: len(heard.posts) == 2)
        await asyncio.sleep(0.1)
    assert heard.events == [("failed", "1"), ("done", "1")]
    assert "h1 was not healthy" in json.loads(heard.posts[0][1])["message"]
    assert [json.loads(body)["change"]["state"] for _, body in heard.posts] == ["failed", "succeeded"]


def test_a_change_that_fails_again_is_told_again() -> None:
    first = change(1, Status.FAILED)
    again = replace(first, finished=NOW.replace(hour=13))
    keys = {each.key for one in (first, again) for each in notices(*World((), [one]).look())}
    assert len(keys) == 2
