"""The steps that this engine is carrying out: one task each, with the phase it is in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import structlog

from engine.model.names import PlacementId
from engine.model.observation import Claim
from engine.model.snapshot import Execute, RunHook, Snapshot
from engine.runtime.delivery import Delivery
from engine.runtime.executor import Ended, Executor, Unresolved
from engine.runtime.hook_work import HookOver, run_hook
from engine.runtime.local_hook import RunLocal
from engine.runtime.ports import Clock
from engine.runtime.watchers import Progress, Watchers
from engine.transport.protocol import Transport

log = structlog.get_logger()


@dataclass(slots=True)
class Activity:
    """How far one step is: intended, staging, uploading, switching, confirming; or the hook's name."""

    phase: str = "intended"
    log: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Done:
    """A step's task is over: how it ended, or why nobody knows."""

    move: Execute | RunHook
    end: Ended | HookOver | Unresolved


class Work(Mapping[str, Activity]):
    """Maps the names of the steps at work to their activity. ``touched`` is when a step of a
    placement last began or ended, on the monotonic clock: looks that began before are stale."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        watchers: Watchers,
        deliver: Callable[[Done], None],
        snapshot: Callable[[], Snapshot],
        delivery: Delivery,
        local: RunLocal,
    ) -> None:
        self.claim: Claim | None = None
        self.touched: dict[PlacementId, float] = {}
        self._transport = transport
        self._clock = clock
        self._watchers = watchers
        self._deliver = deliver
        self._snapshot = snapshot
        self._delivery = delivery
        self._local = local
        self._activity: dict[str, Activity] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __getitem__(self, step: str) -> Activity:
        return self._activity[step]

    def __iter__(self) -> Iterator[str]:
        return iter(self._activity)

    def __len__(self) -> int:
        return len(self._activity)

    @property
    def names(self) -> set[str]:
        """The steps at work; one counts until its end has been taken in."""
        return set(self._activity)

    def begin(self, move: Execute | RunHook) -> None:
        """Carry out a move, or a hook, in a task of its own."""
        self._activity[move.step] = Activity()
        if isinstance(move, Execute):
            self.touch(move.placement)
        self._tasks[move.step] = asyncio.create_task(self._carry_out(move), name=move.step)

    def finish(self, step: str) -> None:
        """Its end has been taken in: forget it."""
        self._activity.pop(step, None)
        self._tasks.pop(step, None)

    def touch(self, placement: PlacementId) -> None:
        """What was seen of the placement until now is out of date."""
        self.touched[placement] = self._clock.monotonic_s()

    async def close(self) -> None:
        """Let go of the steps at work; they go on, on their hosts."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _carry_out(self, move: Execute | RunHook) -> None:
        inventory = self._snapshot().inventory
        if self.claim is None:
            raise RuntimeError("a step before the first claim")
        executor = Executor(
            self._transport,
            self._delivery,
            self.claim,
            inventory.organization,
            inventory.storage,
            lambda _, phase: self._phase(move, phase),
        )
        end: Ended | HookOver | Unresolved
        try:
            if isinstance(move, Execute):
                end = await executor.carry_out(move, inventory.hosts[move.placement.host])
            else:
                self._phase(move, move.hook.value)
                end = await run_hook(move, inventory, executor, self._local)
        except Exception as error:  # a bug must not leave the placement stuck for ever
            log.exception("step failed inside the engine", step=move.step)
            end = Unresolved(f"an error inside the engine: {error!r}")
        if isinstance(move, Execute):
            self.touch(move.placement)
        self._deliver(Done(move, end))

    def _phase(self, move: Execute | RunHook, phase: str) -> None:
        self._activity[move.step].phase = phase
        self._watchers.publish(Progress(self._clock.now(), move.change, move.placement, move.step, phase))
