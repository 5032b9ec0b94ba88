"""Brings releases to hosts while their changes wait: a task for each, in nobody's way. What
comes of one is told; nothing that matters hangs on it, since a step brings what is not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from engine import drivers
from engine.errors import AnswerUnreadable
from engine.model.observation import Claim
from engine.model.snapshot import Snapshot, Stage
from engine.runtime.calls import Lost
from engine.runtime.delivery import Arrival, Delivery, Parcel

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Arrived:
    """A release is on its host ahead of its time, or (``here`` false) ``detail`` says why not."""

    stage: Stage
    here: bool
    detail: str = ""


class Stager:
    """The releases that are being brought ahead."""

    def __init__(
        self, delivery: Delivery, deliver: Callable[[Arrived], object], snapshot: Callable[[], Snapshot]
    ) -> None:
        self.claim: Claim | None = None
        self._delivery = delivery
        self._deliver = deliver
        self._snapshot = snapshot
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def names(self) -> frozenset[str]:
        """Those under way; one counts until its end has been taken in."""
        return frozenset(self._tasks)

    def begin(self, stage: Stage) -> None:
        """Bring a release, unless it is being brought already."""
        if stage.name not in self._tasks:
            self._tasks[stage.name] = asyncio.create_task(self._bring(stage), name=stage.name)

    def finish(self, name: str) -> None:
        """Its end has been taken in."""
        self._tasks.pop(name, None)

    async def close(self) -> None:
        """Let go of everything: what was half sent is thrown away by its host."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _bring(self, stage: Stage) -> None:
        here, detail = False, ""
        try:
            here, detail = await self._carry(stage)
        except (Lost, AnswerUnreadable) as lost:
            detail = str(lost)
        except Exception as error:  # a bug must not leave the placement in flight for ever
            log.exception("staging failed inside the engine", stage=stage.name)
            detail = f"an error inside the engine: {error!r}"
        self._deliver(Arrived(stage, here, detail))

    async def _carry(self, stage: Stage) -> tuple[bool, str]:
        inventory = self._snapshot().inventory
        host = inventory.hosts.get(stage.placement.host)
        if self.claim is None or host is None:
            return False, "the host left the inventory"
        spec = drivers.expand(stage.configuration, stage.placement, host, stage.goal, inventory.organization)
        parcel = Parcel(host, spec, stage.artifact, inventory.storage)
        brought = await self._delivery.bring(parcel, self.claim, lambda: None)
        return brought.arrival is Arrival.HERE, brought.detail
