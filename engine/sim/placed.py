"""One placement on a simulated host: what its folders hold and what runs there.

The fields are the files of host.sh's own account (see "ON DISK" there), so that the order of
its writes, and what a kill between them leaves, can be told the same way.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from engine.sim.behaviour import Behaviour
from engine.sim.driving import Boxes

Lines = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Mark:
    """The dead man's switch: armed, or ``reversing`` once it has fired."""

    step: str
    boot: str
    origin: str | None
    origin_configuration: str | None
    goal: str
    reversing: bool = False


@dataclass(slots=True)
class Step:
    """A step's folder: it is there for ever once the step was begun."""

    boot: str
    result: Lines | None = None
    cause: Lines | None = None
    confirmed: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def publish(self, *lines: tuple[str, str]) -> None:
        """Keep the result; whoever waits gets it."""
        self.result = lines
        self.changed.set()


@dataclass(slots=True)
class SimHook:
    """A hook's folder: there for ever once the hook was begun."""

    boot: str
    job: asyncio.Task[None] | None = None
    result: Lines | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def publish(self, *lines: tuple[str, str]) -> None:
        """Keep the result."""
        self.result = lines
        self.changed.set()


@dataclass(slots=True)
class Process:
    """What runs, or (age below 0) is about to."""

    version: str
    behaviour: Behaviour
    started_s: float
    sick_until_s: float = 0.0


@dataclass(slots=True)
class Placed:
    """One service's folder on one host. ``job`` is the task that holds the service's lock."""

    service: str
    releases: dict[str, str] = field(default_factory=dict)
    current: str | None = None
    configuration: str | None = None
    configurations: dict[str, str] = field(default_factory=dict)
    process: Process | None = None
    mark: Mark | None = None
    steps: dict[str, Step] = field(default_factory=dict)
    working: str = ""
    job: asyncio.Task[None] | None = None
    driver: str = "systemd"
    previous: str | None = None
    edited: str | None = None  # the configuration whose files somebody has changed
    altered: set[str] = field(default_factory=set)  # the releases in which somebody has
    boxes: Boxes = field(default_factory=Boxes)  # driver container

    @property
    def is_locked(self) -> bool:
        """Whether a job is at work here."""
        return self.job is not None and not self.job.done()

    @property
    def is_in_step(self) -> bool:
        """Whether a step lies between its start and its confirmation or reversal."""
        return self.mark is not None or self.is_locked

    def may_run(self) -> set[str]:
        """Every version that runs, or will without anybody asking again: after a crash what is
        current, and while the dead man's switch is armed what it would put back."""
        found = {self.current, self.mark.origin if self.mark else None}
        if self.process is not None:
            found.add(self.process.version)
        if self.driver == "container" and self.boxes.present and self.boxes.present.starts_by_itself:
            found.add(self.boxes.present.version)
        return {version for version in found if version is not None}

    def is_healthy(self, now_s: float) -> bool:
        """Whether the health check passes now."""
        process = self.process
        if process is None or now_s < process.sick_until_s:
            return False
        return self.is_running(now_s) and process.behaviour.passes(now_s - process.started_s)

    def is_running(self, now_s: float) -> bool:
        """Whether the process is there. What a script has started is not restarted once it has ended."""
        if self.process is None:
            return False
        age_s = now_s - self.process.started_s
        if self.driver == "script" and self.process.behaviour.restarts(age_s):
            return False
        return self.process.behaviour.runs(age_s)

    def restarts(self, now_s: float) -> tuple[float, int]:
        """What changes when the process is restarted; a script cannot tell."""
        if self.process is None or self.driver == "script":
            return (0.0, 0)
        return (self.process.started_s, self.process.behaviour.restarts(now_s - self.process.started_s))

    def reported(self) -> str:
        """The version that the service says it is."""
        if self.process is None:
            return ""
        return "0.0.1" if self.process.behaviour is Behaviour.LYING else self.process.version
