"""What looks and finished steps mean: they become events if they tell anything new."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.model.access import InventoryLoaded, JournalCopied, RequestTurnedDown
from engine.model.event import AlarmSeen, HostSeen, MoveEnded, PlacementSeen
from engine.model.external import ExternalSeen
from engine.model.forecast import Forecast
from engine.model.healing import DriftGone, DriftSeen, HealEnded
from engine.model.hook_event import HookEnded
from engine.model.names import PlacementId
from engine.model.observation import HostState, Reach, Sighting
from engine.model.snapshot import Execute, RunHook
from engine.model.staging import ReleaseStaged
from engine.model.state import State
from engine.plan.care.drift import at_rest, differences, items_of
from engine.plan.forecast import news as published
from engine.runtime.draft import Draft
from engine.runtime.executor import Ended, Unresolved
from engine.runtime.hook_work import HookOver
from engine.runtime.observer import Look
from engine.runtime.probes import Heard
from engine.runtime.stager import Arrived
from engine.runtime.verifier import Verified
from engine.runtime.work import Done, Work

_MEASURE = re.compile(r"\d+(?= ?(?:ms|milliseconds|s|seconds|bytes)\b)")
Noted = RequestTurnedDown | JournalCopied | InventoryLoaded
Fact = ExternalSeen | Look | Verified | Done | Arrived | Forecast | Heard | Noted


def take_in(draft: Draft, news: Fact, work: Work) -> None:
    """Record the events that one piece of news comes to."""
    if isinstance(news, Look):
        _look(draft, news, work)
    elif isinstance(news, Verified):
        _verified(draft, news, work)
    elif isinstance(news, ExternalSeen | Noted):
        draft.record(news)
    elif isinstance(news, Arrived):
        _arrived(draft, news)
    elif isinstance(news, Heard):
        draft.record(AlarmSeen(news.alarm, news.verdict, news.detail))
    elif isinstance(news, Forecast):
        for event in published(draft.state, news):
            draft.record(event)
    else:
        _done(draft, news)


def _look(draft: Draft, look: Look, work: Work) -> None:
    known = draft.state.hosts.get(look.host, HostState(look.host))
    if look.report is None:
        _host(draft, HostState(look.host, Reach.UNREACHABLE, known.boot_id, False, look.reason, known.skew_s))
        return
    _host(draft, HostState(look.host, Reach.UP, look.report.boot_id, look.fenced, look.reason, _skew_s(look, known)))
    for seen in look.report.sightings:
        if _is_stale(draft, seen.placement, look.began_s, work):
            continue
        sighting = _with_verdict(draft, seen)
        if not _is_known(draft, sighting):
            draft.record(PlacementSeen(sighting))
        if sighting.placement not in look.report.steps:
            _drift(draft, sighting.placement)


def _drift(draft: Draft, placement: PlacementId) -> None:
    """What differs at a placement, counted up to the second look in a row that shows it."""
    known = draft.state.healings.get(placement)
    if known is not None and known.flight is not None:
        return
    differs = differences(draft.state, placement)
    if differs and not at_rest(items_of(draft.state.changes.values(), placement.instance)):
        differs = ()
    if not differs:
        if known is not None and known.differs:
            draft.record(DriftGone(placement))
        return
    sightings = min(2, known.sightings + 1) if known is not None and known.differs else 1
    if known is None or (known.differs, known.sightings) != (differs, sightings):
        draft.record(DriftSeen(placement, differs, sightings))


def _is_known(draft: Draft, sighting: Sighting) -> bool:
    """Whether it tells nothing new. Other measures in a complaint ("timed out after 2003 ms") are
    nothing new: a service that is down must not fill the journal."""
    known = draft.state.sightings.get(sighting.placement)
    if known is None or sighting == known:
        return known is not None
    if _measureless(sighting.detail) != _measureless(known.detail):
        return False
    if known.restarts < sighting.restarts < 2 * known.restarts:
        sighting = replace(sighting, restarts=known.restarts)  # told by ever larger steps, as it goes on
    return replace(sighting, detail=known.detail) == known


def _measureless(text: str) -> str:
    return _MEASURE.sub("0", text)


def _is_stale(draft: Draft, placement: PlacementId, began_s: float, work: Work) -> bool:
    """Whether a step of this placement began or ended since it was looked at."""
    return work.touched.get(placement, float("-inf")) >= began_s


def _with_verdict(draft: Draft, sighting: Sighting) -> Sighting:
    """A look does not read releases: what was last read of this one still stands."""
    known = draft.state.sightings.get(sighting.placement)
    is_same = known is not None and (known.release, known.sha256) == (sighting.release, sighting.sha256)
    if known is None or not is_same or known.altered == sighting.altered:
        return sighting
    return replace(sighting, altered=known.altered)


def _verified(draft: Draft, news: Verified, work: Work) -> None:
    """A host's releases were read: what differs is told, and what does not any more."""
    for verdict in news.verdicts:
        known = draft.state.sightings.get(verdict.placement)
        if known is None or known.release != verdict.release or known.altered == verdict.altered:
            continue
        if not _is_stale(draft, verdict.placement, news.began_s, work):
            draft.record(PlacementSeen(replace(known, altered=verdict.altered)))


def _skew_s(look: Look, known: HostState) -> float:
    """The host's clock against the engine's; a little more or less than was known is nothing new."""
    return known.skew_s if abs(look.skew_s - known.skew_s) <= max(1.0, abs(known.skew_s) / 10) else look.skew_s


def _host(draft: Draft, seen: HostState) -> None:
    known = draft.state.hosts.get(seen.host)
    if seen == known:
        return
    if (
        known is None
        or replace(seen, reason=known.reason) != known
        or _measureless(seen.reason) != _measureless(known.reason)
    ):
        draft.record(HostSeen(seen.host, seen.reach, seen.boot_id, seen.fenced, seen.reason, seen.skew_s))


def _arrived(draft: Draft, news: Arrived) -> None:
    """What came of bringing a release ahead, if its change still waits for its turn."""
    stage = news.stage
    change, service = draft.state.changes.get(stage.change), stage.placement.service
    if change is None or all(item.service != service or item.goal != stage.goal for item in change.items):
        return
    host, sha256 = stage.placement.host, stage.artifact.sha256
    draft.record(ReleaseStaged(stage.change, service, host, sha256, news.here, news.detail))


def _done(draft: Draft, done: Done) -> None:
    move, end = done.move, done.end
    if isinstance(end, Unresolved):
        # The next look decides: until it brings news, the step is not taken up again.
        host = end.host or move.placement.host
        known = draft.state.hosts.get(host, HostState(host))
        reach = Reach.UP if end.fenced else Reach.UNREACHABLE
        _host(draft, HostState(known.host, reach, known.boot_id, False, end.reason, known.skew_s))
        return
    placement = move.placement
    if isinstance(move, RunHook):
        if isinstance(end, HookOver):
            where = (placement.service, placement.host, move.hook, move.step)
            draft.record(HookEnded(move.change, *where, end.state, end.detail, end.log))
    elif isinstance(end, Ended) and move.step in _in_flight(draft.state):  # else given up: its host was retired
        draft.record(_ended(move, end))


def _in_flight(state: State) -> set[str]:
    moves = {move.step for _, _, move in state.moves_in_flight()}
    return moves | {move.step for _, move in state.heals_in_flight()}


def _ended(move: Execute, end: Ended) -> MoveEnded | HealEnded:
    placement = move.placement
    if not move.change:
        return HealEnded(placement, move.step, end.state, end.detail, end.log)
    return MoveEnded(move.change, placement.service, placement.host, move.step, end.state, end.detail, end.log)
