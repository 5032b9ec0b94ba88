"""Requests that stop things and let them go on: the brakes."""

from __future__ import annotations

from engine.errors import RequestRefused
from engine.model.change import Status
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
from engine.model.request import Cancel, Pause, Resume
from engine.plan.estate import Estate
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.named import find_change, find_instance


def pause(estate: Estate, request: Pause) -> Judgement:
    if not request.subject:
        return (EnginePaused(request.actor),), "the engine starts nothing more; reverts under way finish"
    if not request.subject.isdigit():
        instance = find_instance(estate, request.subject)
        return (InstanceHeld(instance, request.actor),), f"hands off {instance} until it is resumed"
    change = find_change(estate, request.subject)
    if change.status is Status.PAUSED:
        return (), f"change {change.id} is paused already, by {change.paused_by}"
    if change.status not in (Status.WAITING, Status.RUNNING):
        raise RequestRefused(f"change {change.id} is {change.status.value}: there is nothing to pause")
    return (ChangePaused(change.id, request.actor),), f"change {change.id} pauses at the next safe point"


def resume(estate: Estate, request: Resume) -> Judgement:
    if not request.subject:
        return (EngineResumed(request.actor),), "the engine goes on"
    if not request.subject.isdigit():
        instance = find_instance(estate, request.subject)
        return (InstanceReleased(instance, request.actor),), f"{instance} may move again"
    change = find_change(estate, request.subject)
    if change.status is not Status.PAUSED:
        raise RequestRefused(f"change {change.id} is {change.status.value}, not paused")
    return (ChangeResumed(change.id, request.actor),), f"change {change.id} goes on"


def cancel(estate: Estate, request: Cancel) -> Judgement:
    change = find_change(estate, request.change)
    waiting = [item for item in change.items if item.status is Status.WAITING]
    held = change.status in (Status.FAILED, Status.REVERTED)
    if change.started and not held:
        raise RequestRefused(
            f"change {change.id} is {change.status.value}: only what has not started can be cancelled; "
            f"pause it, or roll it back"
        )
    if not waiting:
        raise RequestRefused(f"change {change.id} is {change.status.value}: nothing of it waits")
    events: list[Event] = [ItemStatus(change.id, item.service, Status.CANCELLED) for item in waiting]
    if not held:
        events.append(ChangeStatus(change.id, Status.CANCELLED, request.actor))
    return tuple(events), f"change {change.id}: cancelled {', '.join(item.service for item in waiting)}"
