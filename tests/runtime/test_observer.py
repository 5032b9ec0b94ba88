"""Looks at hosts that say what no host says."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.model.names import InstanceId
from engine.model.remote import Command, Reply
from engine.runtime.observer import Look, Observer
from engine.runtime.ports import SystemChance, SystemClock
from tests.builders import service, world


class Broken:
    """A transport that fails as only a bug fails."""

    async def run(self, host: str, command: Command) -> Reply:
        raise ValueError(f"{host} at {datetime.now(UTC)}")


async def test_a_look_that_fails_inside_the_engine_makes_its_host_unreachable_and_is_taken_again() -> None:
    made = world(service("web"))
    seen: list[Look] = []
    observer = Observer(Broken(), SystemClock(), SystemChance(), lambda: made.snapshot, seen.append)  # type: ignore[arg-type]
    host = made.inventory.placements(InstanceId("web", "prod"))[0].host
    await observer.look_at([host, host])
    assert [(look.host, look.report) for look in seen] == [(host, None)] * 2
    assert "an error inside the engine" in seen[0].reason
