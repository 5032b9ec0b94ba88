"""Requests that stop things and let them go on: the brakes."""

from __future__ import annotations

from engine.errors import RequestRefused
from engine.model.change import FINAL, Change, Kind, Status
from engine.model.decision import ChangeAborted, ChangeHeld, ChangeReleased
from engine.model.event import (
    ChangePaused,
    ChangeResumed,
    ChangeStatus,
    EnginePaused,
    EngineResumed,
    Event,
    InstanceHeld,
    InstanceReleased,
    ItemStatus,
)
from engine.model.healing import HealReleased
from engine.model.names import InstanceId
from engine.model.request import Abort, Cancel, Hold, Pause, Release, Resume
from engine.model.state import Drained
from engine.plan.estate import Estate
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.named import find_change, find_instance


def pause(estate: Estate, request: Pause) -> Judgement:
    """Nothing more starts, of a change, an instance or at all."""
    if not request.subject:
        return (EnginePaused(request.actor),), "the engine starts nothing more; reverts under way finish"
    if not request.subject.isdigit():
        instance = find_instance(estate, request.subject)
        return (InstanceHeld(instance, request.actor),), f"hands off {instance} until it is resumed"
    change = find_change(estate, request.subject)
    if change.paused_by and change.status not in FINAL:
        return (), f"change {change.id} is paused already, by {change.paused_by}"
    runs_on = change.status is Status.REVERTING and any(item.status is Status.RUNNING for item in change.items)
    if change.status not in (Status.WAITING, Status.RUNNING) and not runs_on:
        raise RequestRefused(
            f"change {change.id} is {change.status.value}: there is nothing to pause. Nothing was changed"
        )
    return (ChangePaused(change.id, request.actor),), f"change {change.id} pauses at the next safe point"


def resume(estate: Estate, request: Resume) -> Judgement:
    """What was paused goes on."""
    if not request.subject:
        return (EngineResumed(request.actor),), "the engine goes on"
    if not request.subject.isdigit():
        return _let_go(estate, find_instance(estate, request.subject), request.actor)
    change = find_change(estate, request.subject)
    if not change.paused_by or change.status in FINAL:
        raise RequestRefused(f"change {change.id} is {change.status.value}, not paused. Nothing was changed")
    return (ChangeResumed(change.id, request.actor),), f"change {change.id} goes on"


def _is_owed_by_heal(drained: Drained, instance: InstanceId) -> bool:
    return not drained.change and not drained.running and drained.placement.instance == instance


def _let_go(estate: Estate, instance: InstanceId, actor: str) -> Judgement:
    """Hands on again; drift that waited for a person, or was healed in vain, is healed anew."""
    events: tuple[Event, ...] = (InstanceReleased(instance, actor),)
    drifted = [each for each in estate.state.healings.values() if each.differs and each.placement.instance == instance]
    owed = [each.placement.host for each in estate.state.drained.values() if _is_owed_by_heal(each, instance)]
    if not drifted and owed:
        return (*events, HealReleased(instance, actor)), f"{instance} is undrained on {', '.join(sorted(owed))} now"
    if not drifted:
        return events, f"{instance} may move again"
    where = ", ".join(sorted(each.placement.host for each in drifted))
    return (*events, HealReleased(instance, actor)), f"{instance} may move again; its drift on {where} is healed"


def cancel(estate: Estate, request: Cancel) -> Judgement:
    """What has not started of a change leaves the queue."""
    change = find_change(estate, request.change)
    waiting = [item for item in change.items if item.status is Status.WAITING]
    held = change.status in (Status.FAILED, Status.REVERTED)
    if change.started and not held:
        raise RequestRefused(
            f"change {change.id} is {change.status.value}: only what has not started can be cancelled; "
            "pause or abort it, or roll it back. Nothing was changed"
        )
    if not waiting:
        raise RequestRefused(f"change {change.id} is {change.status.value}: nothing of it waits. Nothing was changed")
    events: list[Event] = [ItemStatus(change.id, item.service, Status.CANCELLED) for item in waiting]
    if not held:
        events.append(ChangeStatus(change.id, Status.CANCELLED, request.actor))
    return tuple(events), f"change {change.id}: cancelled {', '.join(item.service for item in waiting)}"


def hold(estate: Estate, request: Hold) -> Judgement:
    """A change does not start until it is released; an instance is left alone."""
    if not request.subject.isdigit():
        return pause(estate, Pause(request.actor, request.subject))
    change = find_change(estate, request.subject)
    if change.held_by:
        return (), f"change {change.id} is held already, by {change.held_by}"
    if change.status is not Status.WAITING:
        raise RequestRefused(
            f"change {change.id} is {change.status.value}: hold is for what has not started"
            f"{'; pause it instead' if change.status is Status.RUNNING else ''}. Nothing was changed"
        )
    return (ChangeHeld(change.id, request.actor),), f"change {change.id} does not start until it is released"


def release(estate: Estate, request: Release) -> Judgement:
    """What was held may start."""
    if not request.subject.isdigit():
        return resume(estate, Resume(request.actor, request.subject))
    change = find_change(estate, request.subject)
    if not change.held_by:
        hint = f"; interlock resume {change.id} lets it go on" if change.status is Status.PAUSED else ""
        raise RequestRefused(f"change {change.id} is {change.status.value}, not held{hint}. Nothing was changed")
    return (ChangeReleased(change.id, request.actor),), f"change {change.id} may start again"


def abort(estate: Estate, request: Abort) -> Judgement:
    """What is unfinished of a change goes back, what has not started does not start."""
    change = find_change(estate, request.change)
    if change.status in FINAL or change.status is Status.REVERTING:
        raise RequestRefused(
            f"change {change.id} is {change.status.value}: there is nothing to abort. Nothing was changed"
        )
    if change.is_tended:
        hosts = ", ".join(sorted({host for item in change.items for host in item.hosts}))
        undo = f"interlock uncordon {hosts} brings things back" if change.kind is Kind.DRAIN else "it ends by itself"
        raise RequestRefused(
            f"change {change.id} ({change.kind.value} {hosts}) has no way back of its own: {undo}. Nothing was changed"
        )
    if not _is_begun(change):
        return cancel(estate, Cancel(request.actor, change.id))
    why = f"aborted by {request.actor}{f': {request.reason}' if request.reason else ''}"
    events: list[Event] = [ChangeAborted(change.id, request.actor, request.reason)]
    back: list[str] = []
    for item in change.items:
        if item.status is Status.WAITING:
            events.append(ItemStatus(change.id, item.service, Status.CANCELLED))
        elif item.status in (Status.RUNNING, Status.PAUSED):
            back.append(item.service)
            events.append(ItemStatus(change.id, item.service, Status.REVERTING, why))
    going = f"; {', '.join(back)} goes back at the next safe point" if back else ""
    return tuple(events), f"change {change.id} is aborted{going}"


def _is_begun(change: Change) -> bool:
    """Whether anything of it ever moved."""
    return change.started is not None
