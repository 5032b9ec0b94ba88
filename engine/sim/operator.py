"""Operators who do random legal and illegal things, and the one who clears up at the end."""

from __future__ import annotations

import asyncio
import traceback
from random import Random

from engine.errors import InterlockError
from engine.model.change import OnFailure, Status
from engine.model.hook import HookState
from engine.model.request import Cancel, Deploy, Pause, Promote, Release, Request, Resume, Rollback, SettleHook
from engine.model.state import State
from engine.model.wait import Reason
from engine.sim.estate import ENVIRONMENT, TIGHT, VERSIONS
from engine.sim.world import World

PATIENCE_S = 20.0
WHIMS = {"deploy": 50, "rollback": 12, "pause": 12, "resume": 18, "cancel": 8, "promote": 8, "hook": 8}


class Operator:
    """Asks the engine for one thing after the other."""

    def __init__(self, world: World, name: str, every_s: float) -> None:
        self._world = world
        self._name = name
        self._moments: Random = world.random(name)
        self._random = self._moments  # a new one for each deed
        self._every_s = every_s
        self.granted = 0
        self.refused = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._moments.expovariate(1 / self._every_s))
            deed = self._world.story.turn(self._name)
            self._random = self._world.random(deed)
            engine = self._world.engine
            if engine is None:
                continue
            request = self._something(engine.snapshot.state)
            if self._world.story.has(deed, asyncio.get_running_loop().time(), str(request)):
                await self.ask(request)

    async def ask(self, request: Request) -> None:
        """Ask for it, and take a refusal like a man; anything else that is raised is a breach."""
        engine = self._world.engine
        if engine is None:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                outcome = await engine.submit(request)
        except InterlockError as refusal:
            self.refused += 1
            self._world.invariants.note(f"{request} refused: {refusal}")
        except TimeoutError:
            self._world.invariants.note(f"{request} unanswered")
        except Exception:  # noqa: BLE001 - whatever it is, it is told
            self._world.invariants.breach(f"{request} raised:\n{traceback.format_exc()}")
        else:
            self.granted += 1
            self._world.invariants.note(f"{request} granted: {outcome.message}")

    async def clear_up(self) -> None:
        """Resume whatever is paused or held, drift that waits for a person included."""
        engine = self._world.engine
        if engine is None:
            return
        state = engine.snapshot.state
        subjects = [""] if state.paused_by else []
        subjects += [change.id for change in state.unfinished() if change.status is Status.PAUSED]
        subjects += [str(known.id) for known in state.instances.values() if known.held_by]
        for wait in engine.plan.waits:
            if wait.reason in (Reason.HELD, Reason.HEAL_FAILED) and wait.unblock.startswith("interlock release "):
                await self.ask(Release(self._name, wait.subject.partition("/")[0]))
        for subject in subjects:
            await self.ask(Resume(self._name, subject))
        for change in state.changes.values():
            if any(run.state in (HookState.FAILED, HookState.UNKNOWN) for run in change.hooks.values()):
                await self.ask(SettleHook(self._name, change.id, again=True))
        for wait in engine.plan.waits:
            if wait.reason is Reason.PROMOTION_REQUIRED:
                await self.ask(Promote(self._name, wait.change))

    def _something(self, state: State) -> Request:
        kind = self._random.choices(tuple(WHIMS), tuple(WHIMS.values()))[0]
        if kind == "deploy":
            return self._deploy()
        if kind == "rollback":
            to = self._random.choice(("", "", self._version()))
            return Rollback(self._name, self._random.choice((self._service(), self._change(state))), to)
        if kind == "pause":
            return Pause(self._name, self._subject(state))
        if kind == "promote":
            return Promote(self._name, self._change(state))
        if kind == "resume":
            return Resume(self._name, self._subject(state))
        if kind == "hook":
            return SettleHook(self._name, self._change(state), again=self._random.random() < 0.5)
        return Cancel(self._name, self._change(state))

    def _deploy(self) -> Deploy:
        wanted = {self._service(): self._version() for _ in range(self._random.choice((1, 1, 2, 3)))}
        if self._random.random() < 0.3:
            wanted = self._generation()
        on_failure = self._random.choice((OnFailure.HOLD, OnFailure.REVERT_ALL))
        environment = "nowhere" if self._random.random() < 0.03 else ENVIRONMENT
        differing, lockstep = self._random.random() < 0.2, self._random.random() < 0.5
        return Deploy(self._name, environment, wanted, "because", on_failure, differing, allow_lockstep=lockstep)

    def _generation(self) -> dict[str, str]:
        """A service and what it needs, all to one version; best one that goes in lockstep."""
        services = self._world.estate.inventory.services
        tight = [each.name for each in services.values() if {(n.version, n.when) for n in each.needs} & set(TIGHT)]
        name, version = self._random.choice(tight or list(services)), self._random.choice(VERSIONS)
        return dict.fromkeys((name, *(need.provider for need in services[name].needs)), version)

    def _service(self) -> str:
        known = list(self._world.estate.inventory.services)
        return "nobody" if self._rarely() else self._random.choice(known)

    def _version(self) -> str:
        return "9.9" if self._rarely() else self._random.choice(VERSIONS)

    def _change(self, state: State) -> str:
        return self._random.choice((*state.changes, "4711"))

    def _subject(self, state: State) -> str:
        return self._random.choice(("", self._service(), self._change(state), self._change(state)))

    def _rarely(self) -> bool:
        return self._random.random() < 0.05
