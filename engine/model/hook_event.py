"""What happens to hooks, as events in the journal.

As with all events, a class's name is its kind in the journal: renaming one needs a migration.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.hook import HookName, HookState


@dataclass(frozen=True, slots=True)
class HookIntended:
    """Recorded before the deed: from here on a hook may have run. ``host`` is the placement's,
    ``on`` where it runs; ``move`` the step that it belongs to ("" for ``once``)."""

    change: str
    service: str
    host: str
    hook: HookName
    step: str
    on: str
    move: str = ""
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class HookEnded:
    """What became of a hook. ``detail`` and ``log`` come from where it ran, made harmless."""

    change: str
    service: str
    host: str
    hook: HookName
    step: str
    state: HookState
    detail: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HookSettled:
    """A person says what became of a hook (it did its work), or (``again``) wants it run anew."""

    change: str
    step: str
    by: str
    again: bool = False


HookEvent = HookIntended | HookEnded | HookSettled
