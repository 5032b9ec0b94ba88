"""Why something does not move: the smallest set of waits that hold it, through the chain of
what it waits for, and the one action that would move it most.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.change import FINAL
from engine.model.snapshot import Plan, Snapshot
from engine.model.wait import Wait
from engine.plan.estate import Estate
from engine.plan.requests import find_change, find_instance
from engine.plan.standing import state_of


@dataclass(frozen=True, slots=True)
class Why:
    """One sentence, the waits behind it (nearest first), and a command to type ("" if none)."""

    subject: str
    answer: str
    waits: tuple[Wait, ...] = ()
    action: str = ""


def why(snapshot: Snapshot, plan: Plan, subject: str) -> Why:
    """What holds a change (its id), an instance (SERVICE or SERVICE@ENV) or, with "", anything.

    Raises UsageError if there is no such thing.
    """
    estate = Estate(snapshot)
    if not subject:
        waits = plan.waits
        answer = f"{len(waits)} waits hold what is unfinished" if waits else "nothing is held: all is done or moving"
        return Why("", answer, _roots(plan, waits), _action(_roots(plan, waits)))
    if subject.isdigit():
        change = find_change(estate, subject)
        direct = tuple(wait for wait in plan.waits if wait.change == change.id)
        answer = f"change {change.id} is {change.status.value}"
        if change.status in FINAL and not direct:
            failures = [item.failure for item in change.items if item.failure]
            return Why(subject, ": ".join([answer, *failures[:1]]))
    else:
        instance = find_instance(estate, subject)
        subject = str(instance)
        direct = tuple(wait for wait in plan.waits if wait.subject == subject or wait.subject.startswith(f"{subject}/"))
        answer = f"{subject} is {state_of(estate, plan, instance)}"
    if not direct:
        return Why(subject, f"{answer}; nothing holds it")
    chain = _chain(plan, direct)
    return Why(subject, f"{answer}; {direct[0].message}", chain, _action(chain))


def _chain(plan: Plan, direct: tuple[Wait, ...]) -> tuple[Wait, ...]:
    """The waits, and those of the changes that they wait for, nearest first, each once."""
    found: list[Wait] = []
    queue = list(direct)
    seen: set[str] = {wait.change for wait in direct}
    while queue:
        wait = queue.pop(0)
        if wait not in found:
            found.append(wait)
        if wait.blocker and wait.blocker not in seen:
            seen.add(wait.blocker)
            queue += [other for other in plan.waits if other.change == wait.blocker]
    return tuple(found)


def _roots(plan: Plan, waits: tuple[Wait, ...]) -> tuple[Wait, ...]:
    """The waits that wait for no other change's wait: what really holds the rest."""
    held = {wait.change for wait in plan.waits}
    return tuple(wait for wait in waits if not wait.blocker or wait.blocker not in held)


def _action(waits: tuple[Wait, ...]) -> str:
    """The action offered by the wait that holds the most others; the first offered on a tie."""
    offers = [wait for wait in waits if wait.unblock.startswith("interlock ")]
    if not offers:
        return next((wait.unblock for wait in waits if wait.unblock), "")
    counts = {offer.unblock: sum(wait.blocker == offer.change for wait in waits) for offer in offers}
    return max(offers, key=lambda offer: counts[offer.unblock]).unblock
