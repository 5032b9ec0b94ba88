"""First contact: one look at every host before anything else, so that the engine knows whose
claims are out there before it takes its own epoch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from engine.runtime.observer import Look, Observer
from engine.runtime.ports import Clock

PATIENCE_S = 10.0


async def first_looks(observer: Observer, hosts: Iterable[str], clock: Clock) -> list[Look]:
    """One look at every host at the same time; those that take longer than 10 s count as
    unreachable and are looked at again later."""
    tasks = {host: asyncio.create_task(observer.look(host)) for host in hosts}
    if tasks:
        await asyncio.wait(tasks.values(), timeout=PATIENCE_S)
    looks = []
    for host, task in tasks.items():
        if task.done():
            looks.append(task.result())
        else:
            task.cancel()
            reason = f"no answer within {PATIENCE_S:g} s"
            looks.append(Look(host, clock.monotonic_s(), None, reason=reason))
    return looks
