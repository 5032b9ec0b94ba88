"""What crosses the wire, counted on real SSH servers: nothing twice, and little while a window is
open."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.fleet.embedded import EmbeddedFleet
from engine.model.change import Status
from engine.model.remote import Command, Reply
from engine.model.request import Deploy
from engine.runtime.kept import Arriving, Kept
from tests.runtime.running import Running


def counted(running: Running) -> Counter[tuple[str, str]]:
    """Calls by host and verb from now on; looks at hosts are left out."""
    calls: Counter[tuple[str, str]] = Counter()
    transport = running.engine.transport
    carry = transport.run

    async def run(host: str, command: Command) -> Reply:
        if command.verb not in ("observe", "claim"):
            calls[host, command.verb] += 1
        return await carry(host, command)

    transport.run = run  # type: ignore[method-assign]
    return calls


async def test_a_change_that_waits_costs_its_window_two_calls_a_placement(
    running: Running, fleet: EmbeddedFleet
) -> None:
    calls = counted(running)
    later = datetime.now(UTC) + timedelta(seconds=6)
    change = (await running.engine.submit(Deploy("ana", "prod", {"events": "5.5.0"}, not_before=later))).change
    hosts = running.engine.snapshot.inventory.services["events"].hosts["prod"]
    await running.until(lambda: len(running.change(change).item("events").staged) == len(hosts))
    assert running.change(change).status is Status.WAITING
    assert {verb for _, verb in calls} == {"stage", "upload"}
    calls.clear()
    assert (await running.done(change)).status is Status.SUCCEEDED
    assert calls == {(host, verb): 1 for host in hosts for verb in ("switch", "confirm")}


async def test_content_that_a_host_has_is_not_sent_again(running: Running, fleet: EmbeddedFleet) -> None:
    """A cold rollout takes four calls a placement; the same content as another version, one upload less."""
    calls = counted(running)
    hosts = running.engine.snapshot.inventory.services["events"].hosts["prod"]
    first = running.engine.snapshot.catalog.find("events", "5.5.0")
    assert first is not None
    assert (await running.done(await running.deploy(events="5.5.0"))).status is Status.SUCCEEDED
    assert calls == {(host, verb): 1 for host in hosts for verb in ("stage", "upload", "switch", "confirm")}
    calls.clear()
    data = Path(first.path).read_bytes()
    kept = Kept(fleet.state / "artifacts")
    await kept.take(
        Arriving("events", "5.5.0.post1", first.kind, hashlib.sha256(data).hexdigest()), pieces(data), 10**9
    )
    assert (await running.deploy(events="5.5.0.post1")) != ""
    await running.until(lambda: sum(count for (_, verb), count in calls.items() if verb == "switch") >= 1)
    assert not [host for host, verb in calls if verb == "upload"]


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    yield data
