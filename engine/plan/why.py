"""Why something does not move: the smallest set of waits that hold it, through the chain of the
changes it waits for, in the order in which they clear, and the one action that would move most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from engine.model.change import FINAL
from engine.model.snapshot import Plan, Snapshot
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate
from engine.plan.requests import find_change, find_instance
from engine.plan.sequencing.violations import sentence, violations
from engine.plan.standing import state_of

COMMAND = "interlock "
NOTHING = "nothing holds it"
OUTAGE = "--allow-lockstep"


@dataclass(frozen=True, slots=True)
class Branch:
    """One wait of the chain; those that hold its blocker follow it, one ``depth`` further in."""

    depth: int
    wait: Wait


@dataclass(frozen=True, slots=True)
class Why:
    """One sentence, the waits behind it in the order in which they clear (those that nobody can
    date last), how they hang together (``chain``), and a command to type ("" if none)."""

    subject: str
    answer: str
    waits: tuple[Wait, ...] = ()
    action: str = ""
    chain: tuple[Branch, ...] = ()


def why(snapshot: Snapshot, plan: Plan, subject: str) -> Why:
    """What holds a change (its id), an instance (SERVICE or SERVICE@ENV) or, with "", anything.

    Raises UsageError if there is no such thing.
    """
    estate = Estate(snapshot)
    web = Web(snapshot, plan)
    if not subject:
        return _anything(snapshot, web)
    if subject.isdigit():
        change = find_change(estate, subject)
        direct = web.by_change.get(change.id, [])
        answer = f"change {change.id} is {change.status.value}"
        if change.status in FINAL and not direct:
            failures = [item.failure for item in change.items if item.failure]
            return Why(subject, ": ".join([answer, *failures[:1]]))
    else:
        instance = find_instance(estate, subject)
        subject = str(instance)
        direct = [wait for wait in plan.waits if wait.subject.partition("/")[0] == subject]
        answer = f"{subject} is {state_of(estate, plan, instance)}"
    chain = web.chain(direct)
    if not chain:
        broken = [] if subject.isdigit() else list(violations(estate, instance))
        by = "" if subject.isdigit() else estate.known(instance).held_by
        free, undo = (f"{by} holds it: hands off, heals too", f"interlock resume {subject}") if by else (NOTHING, "")
        return Why(subject, "; ".join([answer, free, *map(sentence, broken[:1])]), action=undo)
    waits = web.in_order(chain)
    return Why(subject, f"{answer}; {chain[0].wait.message}", waits, web.action(waits), chain)


def _anything(snapshot: Snapshot, web: Web) -> Why:
    """Why nothing is happening: what holds changes without waiting for another one."""
    chain = web.chain([wait for wait in web.waits if not web.is_link(wait)])
    if not chain and (by := snapshot.state.paused_by):
        return Why("", f"{by} paused the engine: nothing starts, and nothing heals", action="interlock resume")
    if not chain:
        return Why("", "nothing is held: all is done or moving")
    waits = web.in_order(chain)
    held = len(web.by_change)
    answer = f"{held} change{'s are' if held != 1 else ' is'} held; {waits[0].message}"
    return Why("", answer, waits, web.action(waits), chain)


class Web:
    """The waits of one plan, and how they hang together by the changes that they wait for."""

    def __init__(self, snapshot: Snapshot, plan: Plan) -> None:
        self.waits = plan.waits
        self._now = snapshot.now
        self._changes = snapshot.state.changes

    @cached_property
    def by_change(self) -> Mapping[str, list[Wait]]:
        """Waits by the change that they hold."""
        found: defaultdict[str, list[Wait]] = defaultdict(list)
        for wait in self.waits:
            if wait.change:
                found[wait.change].append(wait)
        return found

    @cached_property
    def _behind(self) -> Mapping[str, set[str]]:
        """The changes that wait for a change."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for wait in self.waits:
            if wait.blocker and wait.blocker != wait.change:
                found[wait.blocker].add(wait.change)
        return found

    def is_link(self, wait: Wait) -> bool:
        """Whether it waits for a change that is itself held: what holds that one is the cause."""
        return bool(wait.blocker) and wait.blocker in self.by_change

    def chain(self, direct: Iterable[Wait]) -> tuple[Branch, ...]:
        """These waits, each followed by those that hold the change it waits for. The same cause is
        told once, and the order within a change only where nothing else holds it."""
        found: list[Branch] = []
        causes: set[tuple[object, ...]] = set()

        def follow(waits: Iterable[Wait], depth: int) -> None:
            for wait in _without_own_order(list(waits)):
                if (cause := _cause(wait)) in causes:
                    continue
                causes.add(cause)
                found.append(Branch(depth, self._dated(wait)))
                if wait.blocker != wait.change and wait.blocker in self.by_change:
                    follow(self.by_change[wait.blocker], depth + 1)

        follow(direct, 0)
        return tuple(found)

    def _dated(self, wait: Wait) -> Wait:
        """A wait for a change clears when that change is expected to end."""
        blocker = self._changes.get(wait.blocker)
        if wait.until is not None or blocker is None or blocker.foreseen is None or wait.blocker == wait.change:
            return wait
        return replace(wait, until=blocker.foreseen.end)

    def in_order(self, chain: tuple[Branch, ...]) -> tuple[Wait, ...]:
        """The waits of a chain in the order in which they clear: by time, a cause before what it
        causes; those without a time last."""

        def when(branch: Branch) -> tuple[bool, datetime, int]:
            until = branch.wait.until
            return until is None, max(until or self._now, self._now), -branch.depth

        return tuple(branch.wait for branch in sorted(chain, key=when))

    def action(self, waits: tuple[Wait, ...]) -> str:
        """What to do about the wait behind which most changes stand; of equals, one that does not
        clear by itself. A command before advice, and an outage only where nothing else would do."""
        commands = [wait for wait in waits if wait.unblock.startswith(COMMAND)]
        gentle = [wait for wait in commands if not wait.unblock.endswith(OUTAGE)]
        offers = gentle or commands or [wait for wait in waits if wait.unblock]
        if not offers:
            return ""
        held: defaultdict[str, set[str]] = defaultdict(set)
        for wait in self.waits:
            if wait.unblock:
                held[wait.unblock].add(wait.change)
        most = max(offers, key=lambda wait: (self._reach(held[wait.unblock]), wait.until is None))
        return most.unblock

    def _reach(self, changes: set[str]) -> int:
        """How many changes are held with these, themselves included."""
        if not any(change in self._behind for change in changes):
            return len(changes)
        reached, queue = set(changes), list(changes)
        while queue:
            new = self._behind.get(queue.pop(), set()) - reached
            reached |= new
            queue += new
        return len(reached)


def _without_own_order(waits: list[Wait]) -> list[Wait]:
    """The waits of a change without its own order, unless there is nothing else."""
    return [wait for wait in waits if wait.blocker != wait.change or not wait.blocker] or waits


def _cause(wait: Wait) -> tuple[object, ...]:
    """What makes two waits one: the same change waited for, or the same said by the same rule."""
    if wait.blocker:
        return (wait.change, wait.blocker)
    if wait.reason is Reason.LOCKSTEP:
        return (wait.change, wait.message)  # each member of it is held for its own team
    return (wait.reason, wait.owner, wait.message)
