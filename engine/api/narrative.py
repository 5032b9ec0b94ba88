"""Events in words: one line of the change stream and of the history for each.

There is one row for each kind of event; the history, the watch and the console's log all say
the same about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.api.protocol import WatchEvent
from engine.api.times import when
from engine.model import access, healing, staging
from engine.model import decision as decided
from engine.model import event as ev
from engine.model import hook_event as hooks
from engine.model import maintenance as upkeep
from engine.model import stage as staged
from engine.model.change import Change, Kind
from engine.model.external import ExternalSeen
from engine.model.outage import OutageBegan
from engine.model.text import first_line, printable
from engine.runtime.watchers import News, Progress

_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")

# What the audit says of every way back.
SKIPS = (
    "; a rollback: windows, freezes, soak, approvals, evidence, alarms, unhealthy dependencies, limits on rollouts "
    "and the order of the queue do not hold it"
)

# For each kind: the change ("" if none), the subject, and the sentence.
Told = tuple[str, str, str]


def _host(e: ev.HostSeen) -> Told:
    words = {"up": "answers", "unreachable": "does not answer", "unknown": "has not been asked"}[e.reach.value]
    return "", e.host, f"{e.host} {words}{'' if e.fenced or e.reach.value != 'up' else ', unfenced'}{_why(e.reason)}"


def _placement(e: ev.PlacementSeen) -> Told:
    seen = e.sighting
    text = f"{seen.placement}: {seen.version or 'nothing'} {seen.unit.value}, health {seen.health.value}"
    return "", str(seen.placement), text + _why(seen.detail)


def _accepted(e: ev.ChangeAccepted) -> Told:
    change = e.change
    what = _wanted(change)
    reason = f" ({change.reason})" if change.reason else ""
    text = f"change {change.id} accepted from {change.requested_by}: {what} in {change.environment}{reason}"
    if change.kind is Kind.ROLLBACK:
        text += SKIPS
    return change.id, change.id, text


def _turned_down(e: access.RequestTurnedDown) -> Told:
    return "", e.subject, f"{e.by} was {'denied' if e.denied else 'refused'} {e.asked} {e.subject}{_why(e.why)}"


def _wanted(change: Change) -> str:
    """What a change asks for, in words."""
    hosts = ", ".join(sorted({host for item in change.items for host in item.hosts}))
    names = ", ".join(item.service for item in change.items)
    if change.kind is Kind.RESTART:
        return f"restart {names}"
    if change.kind is Kind.DRAIN:
        return f"stop {names} on {hosts}"
    if change.kind is Kind.REMOVE:
        return f"remove {names}{f' from {hosts}' if hosts else ''}"
    what = ", ".join(f"{item.service} to {item.goal}" for item in change.items)
    return f"{what} on {hosts}" if hosts else what


def _aside(what: str) -> Callable[[Any], Told]:
    """What a person did with a host, in one word."""
    return lambda e: ("", e.host, f"{e.host} was {what} by {e.by}{_why(e.reason)}")


def _ended(e: ev.MoveEnded) -> Told:
    return e.change, f"{e.service}/{e.host}", f"{e.service} on {e.host}: {e.state.value}{_why(e.detail)}"


def _staged(e: staging.ReleaseStaged) -> Told:
    what = "was brought ahead of its turn" if e.here else "could not be brought ahead of its turn"
    return e.change, f"{e.service}/{e.host}", f"{e.service} on {e.host}: its release {what}{_why(e.detail)}"


def _intended(e: ev.MoveIntended) -> Told:
    attempt = f", attempt {e.attempt}" if e.attempt > 1 else ""
    text = f"{e.service} on {e.host}: {e.origin or 'nothing'} -> {e.goal or 'nothing'}{attempt}"
    return e.change, f"{e.service}/{e.host}", text


def _shut(e: ev.RolloutShut) -> Told:
    if not e.by:
        return e.change, e.service, f"{e.service} goes on: what was shut over it is open again"
    does = "goes back, to wait for the next window" if e.revert else "pauses at the end of its batch"
    return e.change, e.service, f"{e.service} {does}: {e.by} is shut"


def _outage(e: OutageBegan) -> Told:
    text = f"an outage of {', '.join(e.members)} begins: {', '.join(e.stopped)} stops until the others have moved"
    return e.change, e.change, text


def _baking(e: staged.StageBaking) -> Told:
    if not e.stage:
        return e.change, e.service, f"{e.service}: its bake is cut off, because a host went down; it will begin anew"
    return e.change, e.service, f"{e.service}: {e.stage} is complete and healthy, and bakes"


def _stood(e: staged.RolloutStood) -> Told:
    return (
        e.change,
        e.service,
        f"{e.service} {'is held: its progress clock stands' if e.stands else 'is held no longer'}",
    )


def _foreseen(e: ev.ForecastPublished) -> Told:
    if e.end is None:
        return e.change, e.change, f"change {e.change} has no foreseeable end{_why(e.held)}"
    return e.change, e.change, f"change {e.change} is expected to start {when(e.start)} and to end {when(e.end)}"


def _status(e: ev.ChangeStatus) -> Told:
    return e.change, e.change, f"change {e.change} is {e.status.value}{f' (by {e.by})' if e.by else ''}"


def _override(e: decided.GateOverridden) -> Told:
    text = f"{e.by} overrode {e.gate} for change {e.change} until {when(e.until)}{_why(e.reason)}"
    return e.change, e.change, text


def _marked(e: decided.VersionMarkedBad) -> Told:
    return (
        e.change,
        str(e.instance),
        f"{e.instance.service} {e.version} is bad in {e.instance.environment} (by {e.by}){_why(e.reason)}",
    )


def _cleared(e: decided.VersionCleared) -> Told:
    text = f"{e.by} cleared {e.instance.service} {e.version} in {e.instance.environment}{_why(e.reason)}"
    return "", str(e.instance), text


def _decided(what: str) -> Callable[[Any], Told]:
    """A person's decision about a change, in one word."""
    return lambda e: (e.change, e.change, f"change {e.change} was {what} by {e.by}{_why(getattr(e, 'reason', ''))}")


def _retried(e: decided.ChangeRetried) -> Told:
    text = f"change {e.change} is tried again by {e.by} ({', '.join(e.services)}){_why(e.reason)}"
    return e.change, e.change, text


def _drifted(e: healing.DriftSeen) -> Told:
    again = ", seen twice" if e.sightings > 1 else ""
    return "", str(e.placement), f"{e.placement} has drifted{again}: {', '.join(e.differs)}"


def _healing(e: healing.HealIntended) -> Told:
    attempt = f", try {e.attempt}" if e.attempt > 1 else ""
    return "", str(e.placement), f"healing {e.placement}: {e.origin or 'nothing'} -> {e.goal}{attempt}"


def _healed(e: healing.HealEnded) -> Told:
    return "", str(e.placement), f"the heal of {e.placement} is {e.state.value}{_why(e.detail)}"


def _hook(e: hooks.HookIntended | hooks.HookEnded) -> Told:
    return e.change, f"{e.service}/{e.host}", f"hook {e.hook.value} of {e.service} on {e.host}"


def _hook_intended(e: hooks.HookIntended) -> Told:
    change, subject, text = _hook(e)
    again = f", attempt {e.attempt}" if e.attempt > 1 else ""
    return change, subject, f"{text} begins{f' on {e.on}' if e.on != e.host else ''}{again}"


def _hook_ended(e: hooks.HookEnded) -> Told:
    change, subject, text = _hook(e)
    return change, subject, f"{text}: {e.state.value}{_why(e.detail)}"


def _hook_settled(e: hooks.HookSettled) -> Told:
    what = "is to be run again" if e.again else "did its work"
    return e.change, e.change, f"{e.by} says of the hook {e.step} of change {e.change} that it {what}"


_TELL: Mapping[type, Callable[[Any], Told]] = {
    ev.EngineStarted: lambda e: ("", "engine", f"engine {e.engine} started, epoch {e.epoch}"),
    access.RequestTurnedDown: _turned_down,
    access.InventoryLoaded: lambda e: (
        "",
        "inventory",
        f"decisions are made from inventory {e.digest[:12]} from here on",
    ),
    access.JournalCopied: lambda e: ("", "journal", f"{e.by} took a backup as of event {e.seq}"),
    ev.EnginePaused: lambda e: ("", "engine", f"the engine was paused by {e.by}"),
    ev.EngineResumed: lambda e: ("", "engine", f"the engine was resumed by {e.by}"),
    ev.HostSeen: _host,
    ev.PlacementSeen: _placement,
    ExternalSeen: lambda e: ("", e.external, f"the external {e.external} is {e.health.value}{_why(e.detail)}"),
    ev.AlarmSeen: lambda e: ("", e.alarm, f"the alarm {e.alarm} is {e.verdict.value}{_why(e.detail)}"),
    ev.InstanceAdopted: lambda e: ("", str(e.instance), f"{e.instance} adopted at {e.version}"),
    ev.InstanceHeld: lambda e: ("", str(e.instance), f"{e.instance} is held by {e.by}"),
    ev.InstanceReleased: lambda e: ("", str(e.instance), f"{e.instance} was released by {e.by}"),
    ev.SoakBegan: lambda e: ("", str(e.instance), f"{e.instance} {e.version} soaks"),
    ev.SoakPaused: lambda e: ("", str(e.instance), f"{e.instance} {e.version} cannot be seen to soak"),
    ev.SoakBroken: lambda e: ("", str(e.instance), f"{e.instance} {e.version} does not soak any more"),
    ev.SoakRevoked: lambda e: ("", str(e.instance), f"{e.instance} went back off {e.version}: its soak counts no more"),
    ev.ChangeAccepted: _accepted,
    ev.ChangePaused: lambda e: (e.change, e.change, f"change {e.change} was paused by {e.by}"),
    ev.ChangeResumed: lambda e: (e.change, e.change, f"change {e.change} was resumed by {e.by}"),
    decided.ChangeHeld: _decided("held"),
    decided.ChangeReleased: _decided("released"),
    decided.ChangeApproved: _decided("approved"),
    decided.ChangeRejected: _decided("rejected"),
    decided.ChangeAborted: _decided("aborted"),
    decided.ChangeRetried: _retried,
    decided.ChangeExpedited: _decided("moved ahead of the queue"),
    decided.GateOverridden: _override,
    decided.VersionMarkedBad: _marked,
    decided.VersionCleared: _cleared,
    OutageBegan: _outage,
    ev.RolloutShut: _shut,
    staged.StageBaking: _baking,
    staged.StagePassed: lambda e: (e.change, e.service, f"{e.service}: {e.stage} is through"),
    staged.RolloutStood: _stood,
    staged.ChangePromoted: lambda e: (e.change, e.change, f"{e.by} promoted the canary of {', '.join(e.services)}"),
    ev.ItemStatus: lambda e: (e.change, e.service, f"{e.service} is {e.status.value}{_why(e.failure)}"),
    ev.ChangeStatus: _status,
    ev.MoveIntended: _intended,
    ev.MoveEnded: _ended,
    staging.ReleaseStaged: _staged,
    staging.ReleasePinned: lambda e: (e.change, e.service, f"{e.service}: its artifact is {e.sha256[:12]}..."),
    ev.ForecastPublished: _foreseen,
    healing.DriftSeen: _drifted,
    healing.DriftGone: lambda e: ("", str(e.placement), f"{e.placement} is as it should be"),
    healing.HealIntended: _healing,
    healing.HealEnded: _healed,
    healing.HealReleased: lambda e: ("", str(e.instance), f"{e.by} has the drift of {e.instance} healed"),
    upkeep.HostCordoned: _aside("cordoned"),
    upkeep.HostDrained: _aside("drained"),
    upkeep.HostUncordoned: _aside("uncordoned"),
    upkeep.HostRetired: _aside("retired"),
    upkeep.HostUnretired: _aside("unretired"),
    hooks.HookIntended: _hook_intended,
    hooks.HookEnded: _hook_ended,
    hooks.HookSettled: _hook_settled,
}


def name_of(kind: type) -> str:
    """The name of a kind of event in kebab-case: ``move-ended``."""
    return _WORD.sub("-", kind.__name__).lower()


def tell(news: News) -> WatchEvent:
    """One event of the journal, or the phase of a step, as the stream and the history show it."""
    return _tell_phase(news) if isinstance(news, Progress) else tell_recorded(news)


def _tell_phase(news: Progress) -> WatchEvent:
    return {
        "seq": 0,
        "at": when(news.at) or "",
        "kind": "progress",
        "change": news.change,
        "subject": str(news.placement),
        "message": printable(f"{news.placement.service} on {news.placement.host}: {news.phase}"),
    }


def tell_recorded(recorded: ev.Recorded) -> WatchEvent:
    """One event of the journal."""
    change, subject, message = _TELL[type(recorded.event)](recorded.event)
    told: WatchEvent = {
        "seq": recorded.seq,
        "at": when(recorded.at) or "",
        "kind": name_of(type(recorded.event)),
        "change": change,
        "subject": printable(subject),
        "message": printable(message),
    }
    if isinstance(recorded.event, ev.MoveEnded | healing.HealEnded | hooks.HookEnded) and recorded.event.log:
        told["log"] = [printable(line) for line in recorded.event.log]
    return told


def _why(text: str) -> str:
    return f": {first_line(text)}" if text else ""
