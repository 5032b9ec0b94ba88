"""A simulated host: folders, processes, boots, and the detached jobs that outlive connections.

It does what host.sh promises, on virtual time; what it says is host.sh's text (engine.sim.verbs)
so that the real drivers read it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, Protocol

from engine.model.observation import Claim
from engine.sim.behaviour import Behaviour
from engine.sim.driving import Box
from engine.sim.placed import Placed, Process, SimHook
from engine.sim.tally import HookTally

RESTART_S = 1.0
BehaviourOf = Callable[[str, str], Behaviour]


class Witness(Protocol):
    """Who is told what truly happens on hosts."""

    @property
    def hooks(self) -> HookTally:
        """What hooks have truly done."""

    def launched(self, host: str, service: str, step: str) -> None:
        """A step begins to change a placement."""

    def changed(self, host: str, service: str) -> None:
        """What runs, or may run, at a placement is not what it was."""

    def rebuilt(self, host: str) -> None:
        """A host has an empty disk: it knows no step that it ever ran."""

    def breach(self, sentence: str) -> None:
        """Something that must never be."""

    def note(self, text: str) -> None:
        """Something worth a line of the trace."""


class SimHost:
    """One machine. ``bases`` holds the claims, by base folder and organization."""

    def __init__(self, name: str, random: Random, behaviour_of: BehaviourOf, witness: Witness) -> None:
        self.name = name
        self.random = random
        self.witness = witness
        self.is_up = True
        self.is_full = False
        self.hooks: dict[str, SimHook] = {}
        self.hooks_fail = True
        self.slowness = 1.0
        self.boots = 1
        self.claims: dict[tuple[str, str], Claim] = {}
        self.placed: dict[str, Placed] = {}
        self.cache: dict[tuple[str, str], None] = {}  # base and digest, the oldest first
        self.cache_room = random.choice((0, 2, 50))
        self.runs_docker = Random(f"{name} runtime").random() < 0.5
        self._behaviour_of = behaviour_of
        self._tasks: list[asyncio.Task[Any]] = []

    @property
    def boot_id(self) -> str:
        """Another one after every start of the machine."""
        return f"boot-{self.name}-{self.boots}"

    @property
    def now_s(self) -> float:
        """The host's monotonic clock."""
        return asyncio.get_running_loop().time()

    def place(self, service: str) -> Placed:
        """The service's folder, made if need be."""
        return self.placed.setdefault(service, Placed(service))

    def has_content(self, base: str, sha256: str) -> bool:
        """Whether an artifact is cached below a base folder."""
        return (base, sha256) in self.cache

    def install(self, service: str, version: str, driver: str) -> None:
        """Somebody installed it before Interlock came."""
        placed = self.place(service)
        placed.driver = driver
        placed.current = version
        placed.process = Process(version, self._behaviour_of(service, version), -60.0)
        if driver == "container":  # by an Interlock of former days: a container of others' would stand in the way
            placed.configuration, placed.configurations["first"] = "first", ""
            placed.boxes.images.add(version)
            placed.boxes.start(version, "first")
            placed.boxes.settle()

    def detach(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run something on this host that only the host's end, or a kill, can end."""
        task = asyncio.create_task(work, name=f"{self.name}: {name}")
        task.add_done_callback(self._must_not_fail)
        self._tasks = [other for other in self._tasks if not other.done()]
        self._tasks.append(task)
        return task

    def _must_not_fail(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.witness.breach(f"the simulation itself failed in {task.get_name()}: {error!r}")

    async def pass_time(self, seconds: float) -> None:
        """Work takes time, and more of it on a slow host."""
        await asyncio.sleep(seconds * self.slowness)

    def start(self, placed: Placed) -> str:
        """(Re)start what is current; "" or why it does not start."""
        placed.process = None
        why = ""
        if placed.current is None:
            placed.boxes.remove()
        else:
            behaviour = self._behaviour_of(placed.service, placed.current)
            if placed.driver == "container":
                why = placed.boxes.start(placed.current, placed.configuration or "")
            if behaviour is Behaviour.REFUSED:
                why = why or f"{placed.service} {placed.current} ended with status 1"
            if not why:
                placed.process = Process(placed.current, behaviour, self.now_s)
        self.witness.note(f"{self.name} runs {placed.service} {placed.current} {why}".rstrip())
        self.witness.changed(self.name, placed.service)
        return why

    def stop(self, placed: Placed) -> None:
        """Stop what runs."""
        placed.process = None
        placed.boxes.stop()
        self.witness.note(f"{self.name} stops {placed.service}")
        self.witness.changed(self.name, placed.service)

    def end_process(self, service: str) -> None:
        """The process dies; whoever supervises it starts it again."""
        process = self.place(service).process
        if process is not None and self.place(service).driver == "script":
            self.stop(self.place(service))
        elif process is not None:
            process.started_s = self.now_s + RESTART_S
            self.witness.note(f"{self.name} {service} ended")

    def sicken(self, service: str, seconds: float) -> None:
        """Its checks fail for a while."""
        process = self.place(service).process
        if process is not None:
            process.sick_until_s = self.now_s + seconds
            self.witness.note(f"{self.name} {service} is sick")

    def wipe(self, placed: Placed) -> None:
        """Somebody stopped the service and removed its folder."""
        self.placed[placed.service] = Placed(placed.service, driver=placed.driver)
        self.witness.note(f"{self.name} loses {placed.service}")
        self.witness.changed(self.name, placed.service)

    def forget(self) -> None:
        """The disk is a new one; the machine is off."""
        self.claims.clear()
        for placed in list(self.placed.values()):
            self.wipe(placed)
        self.witness.rebuilt(self.name)

    def kill_job(self, service: str) -> None:
        """The step's job is killed, as by the out-of-memory killer."""
        job = self.place(service).job
        if job is not None:
            job.cancel()
            self.witness.note(f"{self.name} {service} job killed")

    def kill_hooks(self) -> None:
        """The jobs of its hooks are killed."""
        for name, hook in self.hooks.items():
            if hook.job is not None and not hook.job.done():
                hook.job.cancel()
                self.witness.note(f"{self.name} hook {name} killed")

    def crash(self) -> None:
        """Power cut: every process, job and call is gone, the disk stays."""
        self.is_up = False
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        for placed in self.placed.values():
            placed.process = None
            placed.job = None
        self.witness.note(f"{self.name} crashes")

    def boot(self, recover: Callable[[Placed], None]) -> None:
        """Start again. ``recover`` puts back what was not confirmed, before anything starts;
        systemd starts its services, docker the containers that were confirmed; what nobody keeps
        stays down until somebody starts it."""
        self.boots += 1
        self.is_up = True
        self.witness.note(f"{self.name} boots")
        for placed in self.placed.values():
            if placed.driver == "systemd":
                if placed.mark is not None:
                    recover(placed)
                self.start(placed)
            elif placed.driver == "container" and self.runs_docker and placed.boxes.present:
                self._start_box(placed, placed.boxes.present)

    def _start_box(self, placed: Placed, box: Box) -> None:
        """As docker's daemon does when it comes up: what stands in the container, whatever is current."""
        behaviour = self._behaviour_of(placed.service, box.version)
        if box.starts_by_itself and behaviour is not Behaviour.REFUSED:
            placed.process = Process(box.version, behaviour, self.now_s)
            self.witness.changed(self.name, placed.service)

    def start_what_is_down(self) -> None:
        """A person starts every service that should run and does not."""
        for placed in self.placed.values():
            if placed.process is None and placed.current is not None and not placed.is_in_step:
                self.start(placed)
