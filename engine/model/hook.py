"""Hooks: commands of the user's own around the move of a placement, and what became of them.

``pre`` and ``drain`` run before a placement switches, ``undrain`` and ``post`` after it; ``once``
(a migration) before the first of them. Each run has a name, under which a host runs it once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

ENGINE = "engine"


class HookName(StrEnum):
    """When a hook runs, in the order of a placement's steps."""

    ONCE = "once"
    PRE = "pre"
    DRAIN = "drain"
    UNDRAIN = "undrain"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Hook:
    """A command. ``on``: "" is the placement it is about, "engine" the engine's own machine, anything
    else the name of a host. Placeholders stand until the placement is known."""

    command: tuple[str, ...]
    on: str = ""
    timeout_s: float = 60.0


_NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of a configuration; None where there is none."""

    once: Hook | None = None
    pre: Hook | None = None
    drain: Hook | None = None
    undrain: Hook | None = None
    post: Hook | None = None

    def get(self, name: HookName) -> Hook | None:
        """The hook of that name."""
        found: Hook | None = getattr(self, name.value)
        return found

    @property
    def is_declared(self) -> bool:
        """Whether there is any."""
        return (self.once or self.pre or self.drain or self.undrain or self.post) is not None

    def hosts(self) -> frozenset[str]:
        """The named hosts on which any of them runs."""
        if not self.is_declared:
            return _NOWHERE  # asked of every service at every look
        hooks = (self.once, self.pre, self.drain, self.undrain, self.post)
        return frozenset(hook.on for hook in hooks if hook is not None and hook.on not in ("", ENGINE))


class HookState(StrEnum):
    """What became of one run of a hook."""

    RUNNING = "running"  # intended; no outcome yet
    DONE = "done"  # ended with status 0, or a person says that it did its work
    FAILED = "failed"  # any other status, its time was over, or it could not be begun
    UNKNOWN = "unknown"  # it was begun, and nobody can say how it ended
    SET_ASIDE = "set aside"  # a person asked for another run
    WITHHELD = "withheld"  # its release was not what was accepted: nothing was sent or run


LEGAL: Mapping[HookState, frozenset[HookState]] = MappingProxyType(
    {
        HookState.RUNNING: frozenset({HookState.DONE, HookState.FAILED, HookState.UNKNOWN, HookState.WITHHELD}),
        HookState.DONE: frozenset(),
        HookState.FAILED: frozenset({HookState.DONE, HookState.SET_ASIDE}),
        HookState.UNKNOWN: frozenset({HookState.DONE, HookState.SET_ASIDE}),
        HookState.SET_ASIDE: frozenset(),
        HookState.WITHHELD: frozenset(),
    }
)


@dataclass(frozen=True, slots=True)
class HookRun:
    """One run of a hook, for the placement of ``service`` on ``host``. ``step`` is its name for
    ever; ``move`` the name of the placement's step that it belongs to ("" for ``once``).
    ``on`` is the host that runs it, or "engine"; ``ended_s`` is engine time."""

    hook: HookName
    service: str
    host: str
    step: str
    on: str
    started: datetime
    move: str = ""
    attempt: int = 1
    state: HookState = HookState.RUNNING
    finished: datetime | None = None
    detail: str = ""
    log: tuple[str, ...] = ()
    ended_s: float = 0.0


class Hooked(Protocol):
    """Whatever has hooks run for it: a change, or (with no id) the heal of one placement."""

    @property
    def id(self) -> str:
        """The change's, "" for a heal."""

    @property
    def environment(self) -> str:
        """Where its placements are."""

    @property
    def hooks(self) -> Mapping[str, HookRun]:
        """Every run of a hook, by its step."""


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where the engine reads a secret when it is used: a variable of its own environment, or a
    file. The value itself is no part of any configuration."""

    env: str = ""
    file: str = ""


VOID = frozenset({HookState.SET_ASIDE, HookState.WITHHELD})


def once_of(runs: Mapping[str, HookRun], service: str) -> HookRun | None:
    """The run of a service's ``once`` that counts: the newest that nobody has set aside and that was not
    withheld, for what was never begun has done nothing."""
    for run in reversed(tuple(runs.values())):
        if run.hook is HookName.ONCE and run.service == service and run.state not in VOID:
            return run
    return None


def is_unknown(run: HookRun | None) -> bool:
    """Whether nobody knows what became of it: it stands still until a person says."""
    return run is not None and run.state is HookState.UNKNOWN
