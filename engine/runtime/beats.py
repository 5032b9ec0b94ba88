"""What the engine asks again and again (hosts, alarms, externals): a task for each, at a beat of its
own, begun and ended as the inventory changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class _Beat(Generic[Thing]):
    """``thing`` as it was when its task began; ``poked`` is set when its rest is to end."""

    thing: Thing
    poked: asyncio.Event
    task: asyncio.Task[None]


class Beats(Generic[Thing]):
    """Keeps one task for each thing until it is closed. ``keep`` is what the task does: it gets the
    thing, and the event that ends its rests (see ``rest``). ``called`` names the tasks."""

    def __init__(self, called: str, keep: Callable[[Thing, asyncio.Event], Coroutine[Any, Any, None]]) -> None:
        self._called = called
        self._keep = keep
        self._beats: dict[str, _Beat[Thing]] = {}

    def follow(self, things: Mapping[str, Thing]) -> None:
        """Begin with those that are new or have changed, stop with those that are gone."""
        for name, beat in list(self._beats.items()):
            if things.get(name) != beat.thing:
                beat.task.cancel()
                del self._beats[name]
        for name, thing in things.items():
            if name not in self._beats:
                poked = asyncio.Event()
                task = asyncio.create_task(self._keep(thing, poked), name=f"{self._called} {name}")
                self._beats[name] = _Beat(thing, poked, task)

    def poke(self, name: str) -> None:
        """End the rest of one now, if it is kept."""
        if name in self._beats:
            self._beats[name].poked.set()

    async def close(self) -> None:
        """Stop with all."""
        tasks = [beat.task for beat in self._beats.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._beats.clear()


async def rest(poked: asyncio.Event, seconds: float) -> None:
    """Sleep, unless somebody pokes; a poke is used up by it."""
    try:
        async with asyncio.timeout(seconds):
            await poked.wait()
    except TimeoutError:
        pass
    poked.clear()
