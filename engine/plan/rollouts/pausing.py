"""What stops a whole rollout from starting another placement forward, and the progress clock,
which stands still for as long as something does that is not the release's own fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.model.change import Status
from engine.model.snapshot import Action, Decide, Execute
from engine.model.stage import RolloutStood
from engine.model.wait import Reason, Wait
from engine.plan.gates.artifact import artifact_fault
from engine.plan.people.alarms import alarm_waits
from engine.plan.people.holds import holds
from engine.plan.people.overrides import is_lifted
from engine.plan.rollouts.baking import sick
from engine.plan.rollouts.under_way import UnderWay

# Waits of single placements that others impose: neighbours on their hosts, hosts themselves.
IMPOSED = frozenset({Reason.HOST_BUSY, Reason.FAILURE_DOMAIN_BUSY, Reason.HOST_UNREACHABLE})


def held(rollout: UnderWay) -> Iterator[Wait]:
    """What stops the whole rollout from starting another placement forward."""
    yield from holds(rollout.estate, rollout.change, rollout.item)
    for wait in alarm_waits(rollout.estate, rollout.change, rollout.item):
        if not is_lifted(rollout.estate, rollout.change, wait.reason):
            yield wait
    fault = artifact_fault(rollout.estate, rollout.change, rollout.item)
    if fault:
        reason, message, unblock = fault
        yield rollout.wait(reason, rollout.instance, message, unblock)
    clash = rollout.unsafe(rollout.item.goal or None)
    if clash:
        yield rollout.wait(Reason.DEPENDENCY_VERSION, rollout.instance, clash.sentence())
    yield from _stands_aside(rollout)


def _stands_aside(rollout: UnderWay) -> Iterator[Wait]:
    """Joined services never roll at the same time. What began while this one stood still, paused
    or with nothing left in reach, is done first."""
    mine = rollout.item
    for other in rollout.estate.neighbours(mine.service):
        change = rollout.estate.rolling(rollout.instance._replace(service=other))
        theirs = change.item(other) if change else None
        if change is None or theirs is None or theirs.status is not Status.RUNNING:
            continue
        if mine.started and theirs.started and (theirs.started, change.number) > (mine.started, rollout.change.number):
            message = f"{other} is rolling (change {change.id}), which began while this stood still"
            yield replace(rollout.wait(Reason.DEPENDENCY_BUSY, rollout.instance, message), blocker=change.id)


def clocked(rollout: UnderWay, actions: Sequence[Action], waits: Sequence[Wait], *, holds: bool) -> list[Action]:
    """The actions, and before them that the progress clock stops or goes on, where that is news.
    ``holds``: something stops the whole rollout; otherwise it stands if only others keep its
    placements from moving. While an own placement is ill where it should be well, it runs."""
    item = rollout.item
    stands = holds or (
        not rollout.in_flight
        and not any(isinstance(action, Execute) for action in actions)
        and not sick(rollout)
        and any(wait.reason in IMPOSED or (wait.reason is Reason.BLAST_RADIUS and wait.owner) for wait in waits)
    )
    known = item.stood_since_s is not None
    if stands is known or item.status is not Status.RUNNING or rollout.estate.snapshot.draining:
        return list(actions)
    return [Decide(RolloutStood(rollout.change.id, item.service, stands)), *actions]
