"""What a client sent is what the engine is asked; what a watcher is told, it is told once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.api.client import Client
from engine.api.narrative import tell
from engine.api.watching import EventStream
from engine.errors import RequestRefused, UsageError
from engine.model import event as ev
from tests.api.served import Served


def test_an_approval_is_of_what_was_looked_at(engine: Served, client: Client) -> None:
    client.deploy({"environment": "prod", "services": {"ledger": "1.1.0"}})
    with pytest.raises(RequestRefused, match="not what you looked at any more"):
        client.post("/v1/approve", {"subject": "1", "digest": "0123456789abcdef"})


def test_a_time_without_a_zone_is_refused(engine: Served, client: Client) -> None:
    wanted: Any = {"environment": "prod", "services": {"ledger": "1.1.0"}, "not_before": "2026-11-24T18:00:00"}
    with pytest.raises(UsageError, match="a time with its offset from UTC"):
        client.deploy(wanted)
    assert engine.engine.requests == []


async def test_what_happens_during_the_replay_is_told_once() -> None:
    recorded = [ev.Recorded(seq, datetime(2026, 1, 1, tzinfo=UTC), 0.0, ev.EnginePaused("ana")) for seq in range(1, 5)]

    async def live() -> AsyncIterator[ev.Recorded]:
        for each in recorded[1:]:  # 2 and 3 happened while they were read from the journal
            yield each

    stream = EventStream(live(), [tell(each) for each in recorded[:3]], lambda event: True, asyncio.Event())
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    async def receive() -> Any:
        await asyncio.Event().wait()

    await stream({"type": "http", "state": {"transport": None}}, receive, send)
    assert [json.loads(line)["seq"] for line in b"".join(sent).splitlines()] == [1, 2, 3, 4]
