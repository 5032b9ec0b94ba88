"""A decision made again: what the planner decides today from what it was told then.

The events of one turn of the loop stand together in the journal, with one time: first what came
from outside, then what was decided about it. Where the one ends and the other begins is found by
trying; if the planner, told the state up to there, decides exactly what follows, that is it. Two
things that it was told are not kept and are tried too: whether the engine was being stopped, and
whether the steps under way were in its hands or left over from a lost link.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product

from engine.errors import IllegalTransition
from engine.model.change import Change
from engine.model.event import (
    InstanceAdopted,
    MoveIntended,
    Recorded,
    RolloutShut,
    SoakBegan,
    SoakBroken,
    SoakPaused,
    SoakRevoked,
)
from engine.model.healing import Healing, HealIntended
from engine.model.hook import HookState
from engine.model.hook_event import HookIntended
from engine.model.outage import OutageBegan
from engine.model.release import Artifact, Catalog
from engine.model.snapshot import Plan, Snapshot
from engine.model.stage import RolloutStood, StageBaking, StagePassed
from engine.model.state import State
from engine.plan.evolve import evolve
from engine.runtime.deciding import Acts, decide
from engine.runtime.draft import Draft

# What only the planner decides. Other kinds may be a person's doing too (a cancelled change).
DECIDED = (
    *(MoveIntended, InstanceAdopted, RolloutShut, OutageBegan, StageBaking, StagePassed, RolloutStood),
    *(SoakBegan, SoakPaused, SoakBroken, SoakRevoked, HealIntended, HookIntended),
)


@dataclass(frozen=True, slots=True)
class Replayed:
    """``decided``: what the planner decides again, as it would stand in the journal; ``plan``: what
    it leaves, with its waits. ``is_decision``: the event asked about was one, not something that came
    from outside; ``is_same``: it was decided again, in its place."""

    is_decision: bool
    is_same: bool
    decided: tuple[Recorded, ...]
    plan: Plan


def turn_of(events: Sequence[Recorded], seq: int) -> tuple[Recorded, ...]:
    """The events of the turn of the loop that brought event ``seq``."""
    asked = next(recorded for recorded in events if recorded.seq == seq)
    return tuple(each for each in events if (each.at, each.elapsed_s) == (asked.at, asked.elapsed_s))


def replay(told: Snapshot, before: State, turn: Sequence[Recorded], seq: int) -> Replayed:
    """Make the decisions of a turn again. ``told`` has the inventory and catalog of then, ``before``
    the state that the turn began with."""
    tries = (
        (split, *_decide(replace(told, draining=draining), before, turn, split, busy=busy))
        for draining, busy in product((False, True), (True, False))
        for split in range(len(turn))
    )
    first = next(tries)
    fits = next((each for each in chain([first], tries) if tuple(each[1].events) == tuple(turn[each[0] :])), None)
    split, draft, acts = fits or first
    asked = next(recorded for recorded in turn if recorded.seq == seq)
    is_same = fits is not None and asked.seq >= turn[split].seq
    return Replayed(is_same or isinstance(asked.event, DECIDED), is_same, tuple(draft.events), acts.plan)


def catalog_of(today: Catalog, state: State) -> Catalog:
    """Today's artifacts and those that changes of then were accepted with: files come and go, and
    which were there is not kept."""
    known = {name: dict(versions) for name, versions in today.by_service.items()}
    for change in state.changes.values():
        for item in change.items:
            for version, sha256 in ((item.goal, item.sha256), (item.origin, item.origin_sha256)):
                if version and sha256:
                    artifact = Artifact(item.service, version, "", sha256, 0, "tar.gz")
                    known.setdefault(item.service, {}).setdefault(version, artifact)
    return replace(today, by_service=known)


def _decide(told: Snapshot, before: State, turn: Sequence[Recorded], split: int, *, busy: bool) -> tuple[Draft, Acts]:
    """What is decided once the first ``split`` events of the turn are known. ``busy``: the engine was at
    work on every move under way."""
    state = before
    for recorded in turn[:split]:
        state = evolve(state, recorded)
    draft = Draft(state, turn[0].seq - 1 + split, turn[0].at, turn[0].elapsed_s)
    at_work = _at_work(state, moves=busy)

    def look(draft: Draft, executing: Iterable[str]) -> Snapshot:
        at = {"state": draft.state, "now": draft.at, "elapsed_s": draft.elapsed_s}
        return replace(told, **at, executing=frozenset({*at_work, *executing}))  # type: ignore[arg-type] # by name

    try:
        return draft, decide(draft, look, Plan())
    except IllegalTransition:  # of a state in the middle of something that belongs together
        return draft, Acts()


def _at_work(state: State, *, moves: bool) -> frozenset[str]:
    """The steps that the engine was carrying out: which of the moves is not kept, since it matters only
    where a link was lost in the middle of one."""
    hooked: list[Change | Healing] = [*state.changes.values(), *state.healings.values()]
    hooks = [run.step for each in hooked for run in each.hooks.values() if run.state is HookState.RUNNING]
    under_way = [move.step for _, _, move in state.moves_in_flight()] + [
        move.step for _, move in state.heals_in_flight()
    ]
    return frozenset([*hooks, *(under_way if moves else ())])
