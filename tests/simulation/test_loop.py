"""The virtual-time loop: time jumps, order is the seed's, and what real time hides raises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

import pytest

from engine.sim import loop as virtual
from engine.sim.clock import BEGINNING, SimChance, SimClock
from engine.sim.loop import NothingLeftToHappen, TimeStandsStill, VirtualLoop

T = TypeVar("T")


def run(main: Callable[[], Awaitable[T]], seed: int = 0) -> T:
    async def call() -> T:
        return await main()

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(Random(seed))) as runner:
        return runner.run(call())


def test_a_day_passes_at_once() -> None:
    async def main() -> float:
        await asyncio.sleep(86400)
        return asyncio.get_running_loop().time()

    assert run(main) == pytest.approx(86400, abs=1e-3)


def test_timeouts_are_virtual() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600):
                await asyncio.sleep(7200)
        return asyncio.get_running_loop().time()

    assert run(main) == pytest.approx(3600, abs=1e-3)


def order(seed: int) -> str:
    async def main() -> str:
        seen: list[str] = []

        async def one(name: str) -> None:
            await asyncio.sleep(1)
            seen.append(name)

        await asyncio.gather(*(one(name) for name in "abcd"))
        return "".join(seen)

    return run(main, seed)


def test_the_seed_decides_what_comes_first_at_one_instant() -> None:
    assert len({order(seed) for seed in range(20)}) > 10
    assert order(3) == order(3)


def test_a_deadlock_raises() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(NothingLeftToHappen):
        run(main)


def test_a_livelock_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual, "MAX_TURNS_AT_ONE_INSTANT", 1000)

    async def main() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(TimeStandsStill):
        run(main)


def test_threads_are_refused() -> None:
    async def main() -> None:
        await asyncio.to_thread(print)

    with pytest.raises(RuntimeError, match="no threads"):
        run(main)


def test_the_wall_clock_jumps_and_the_monotonic_does_not() -> None:
    now_s = 5.0
    clock = SimClock(lambda: now_s, Random(1))
    before = clock.monotonic_s()
    clock.jump(-86400)
    assert clock.monotonic_s() == before
    assert (clock.now() - BEGINNING).total_seconds() == 5.0 - 86400


def test_chance_is_the_seeds() -> None:
    one, other = SimChance(Random(7)), SimChance(Random(7))
    assert [one.name() for _ in range(3)] == [other.name() for _ in range(3)]
    assert one.name() != one.name()
    assert 0.0 <= one.jitter(2.0) <= 2.0
