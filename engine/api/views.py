"""From what the engine knows to what a screen needs: pure functions of one moment.

Everything that could have come from a host is cleaned here once more (``printable``), and
everything is sorted, so that two replies about the same moment are the same text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from engine.api.consents import approval_views, bad_views, override_views
from engine.api.course import course_view
from engine.api.drift import clock_warning, differs_of, heal_of
from engine.api.hooks import hook_logs, hook_views, is_drained, warnings_of
from engine.api.keeping import maintenance_view
from engine.api.moment import Moment
from engine.api.outages import as_one_move, outage_view
from engine.api.protocol import (
    ChangeView,
    ForecastView,
    HostView,
    ItemView,
    LogView,
    MoveView,
    PlacementView,
    StagingView,
    StatusRow,
    WaitView,
)
from engine.api.settled import Settled
from engine.api.stages import stage_view
from engine.api.times import when
from engine.model.change import FINAL, Change, Item, Move, MoveState, Status
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Reach, Sighting
from engine.model.text import printable, printable_lines
from engine.model.wait import Wait
from engine.plan.care.upkeep import is_away
from engine.plan.outage.facing import faced_by
from engine.plan.pending import pending, reconfigures
from engine.plan.rollouts.prestage import staged_count
from engine.plan.rollouts.under_way import UnderWay
from engine.plan.sequencing.violations import sentence, violations
from engine.plan.standing import state_of

LOG_LINES = 20


def wait_view(wait: Wait) -> WaitView:
    """One wait."""
    return {
        "gate": wait.gate,
        "reason": wait.reason.value,
        "subject": printable(wait.subject),
        "change": wait.change,
        "message": printable(wait.message),
        "since": when(wait.since),
        "until": when(wait.until),
        "owner": printable(wait.owner),
        "unblock": printable(wait.unblock),
    }


def status_rows(moment: Moment, instances: Iterable[InstanceId] | None = None) -> list[StatusRow]:
    """A row for each instance; by default all of them, those included that the inventory no
    longer has though something of them runs."""
    declared = moment.snapshot.inventory.instances()
    chosen = sorted({*declared, *moment.orphans} if instances is None else instances)
    return [_status_row(moment, instance) for instance in chosen]


def _status_row(moment: Moment, instance: InstanceId) -> StatusRow:
    inventory, state = moment.estate.inventory, moment.state
    service = inventory.services.get(instance.service)
    placements = inventory.placements(instance)
    seen = (state.sightings.get(placement) for placement in placements)
    current = Counter(printable(sighting.version) for sighting in seen if sighting and sighting.version is not None)
    known = state.instances.get(instance)
    return {
        "service": instance.service,
        "environment": instance.environment,
        "team": service.team if service else "",
        "current": dict(sorted(current.items())),
        "target": known.target if known else None,
        "desired": moment.estate.desired(instance),
        "state": state_of(moment.estate, moment.plan, instance),
        "placements": [_placement(moment, placement) for placement in placements],
        "waits": [wait_view(wait) for wait in moment.waits_of_instances.get(str(instance), ())],
        "violations": [printable(sentence(clash)) for clash in violations(moment.estate, instance)],
        "bad": bad_views(moment, instance),
        "pending": pending(moment.estate, instance),
        "orphans": [placement.host for placement in moment.orphans.get(instance, ())],
    }


def _placement(moment: Moment, placement: PlacementId) -> PlacementView:
    sighting = moment.state.sightings.get(placement) or Sighting(placement, None)
    move = moment.moving.get(placement)
    host = moment.state.hosts.get(placement.host)
    away = is_away(moment.estate, placement)
    return {
        "host": placement.host,
        "domain": moment.snapshot.inventory.hosts[placement.host].domain,
        "version": None if sighting.version is None else printable(sighting.version),
        "state": moment.phase(move)
        if move
        else "drained"
        if away or is_drained(moment, placement)
        else sighting.unit.value,
        "health": sighting.health.value,
        "detail": printable(sighting.detail),
        "unreachable": host is not None and host.reach is Reach.UNREACHABLE,
        "differs": differs_of(moment, placement),
        "heal": heal_of(moment, placement),
    }


def change_views(moment: Moment, settled: Settled | None = None) -> list[ChangeView]:
    """The unfinished changes in the queue's order, then the finished ones, newest first. ``settled``
    keeps the views of those that are over."""
    every = list(moment.state.changes.values())
    queue = list(moment.state.unfinished())
    done = [change for change in reversed(every) if change.status in FINAL]
    kept = settled or Settled()
    return [change_view(moment, change) for change in queue] + [kept.view(moment, each, change_view) for each in done]


def change_view(moment: Moment, change: Change) -> ChangeView:
    """One change with its items and their moves."""
    return {
        "id": change.id,
        "environment": change.environment,
        "kind": change.kind.value,
        "items": [_item(moment, change, item) for item in change.items],
        "state": change.status.value,
        "requested_by": printable(change.requested_by),
        "reason": printable(change.reason),
        "on_failure": change.on_failure.value,
        "created": when(change.created),
        "started": when(change.started),
        "finished": when(change.finished),
        "failure": "\n".join(printable_lines(item.failure) for item in change.items if item.failure),
        "waits": [wait_view(wait) for wait in moment.waits_of_changes.get(change.id, ())],
        "forecast": _forecast(change),
        "digest": change.digest,
        "approvals": approval_views(moment, change),
        "overrides": override_views(moment, change),
        "evidence": {printable(key): printable(value) for key, value in sorted(change.evidence.items())},
        "not_before": when(change.not_before),
        "held_by": printable(change.held_by),
        "aborted_by": printable(change.aborted_by),
        "rejection": printable(change.rejection),
        "expedited": change.expedited > 0,
        "allow_lockstep": change.allow_lockstep,
        "outage": [outage_view(facing) for facing in faced_by(moment.estate, change)],
        "hooks": hook_views(change),
        "warnings": warnings_of(moment, change),
    }


def _forecast(change: Change) -> ForecastView:
    """What was last foreseen of a change that is not over."""
    foreseen = change.foreseen if change.status not in FINAL else None
    return {
        "start": when(foreseen.start) if foreseen else None,
        "end": when(foreseen.end) if foreseen else None,
        "end_p90": when(foreseen.end_p90) if foreseen else None,
    }


def _item(moment: Moment, change: Change, item: Item) -> ItemView:
    placements = UnderWay(moment.estate, change, item).placements
    hosts = {placement.host for placement in placements} | set(item.moves)
    done = sum(move.state is MoveState.DONE and move.goal == (item.goal or None) for move in item.moves.values())
    if item.status is Status.SUCCEEDED:
        done = len(hosts)  # those that ran it before needed no move
    view: ItemView = {
        "service": item.service,
        "from": _origin(moment, change, item),
        "to": item.goal or None,
        "state": item.status.value,
        "done": done,
        "total": len(hosts),
        "failure": printable_lines(item.failure),
        "started": when(item.started),
        "finished": when(item.finished),
        "configuration": reconfigures(moment.estate, change.instance(item), item),
        "stage": stage_view(moment.estate, change, item),
        "course": course_view(moment.estate, change, item),
        "hosts": list(item.hosts),
        "moves": [_move(moment, item, item.moves[host]) for host in sorted(item.moves)],
    }
    if item.staged and item.status in (Status.WAITING, Status.RUNNING, Status.PAUSED):
        view["staged"] = _staged(moment, change, item)
    return view


def _staged(moment: Moment, change: Change, item: Item) -> StagingView:
    """Where its release was brought already."""
    here, total = staged_count(moment.estate, change, item)
    faults = {host: printable(known.detail) for host, known in sorted(item.staged.items()) if not known.here}
    return {"done": here, "total": total, "faults": faults}


def _origin(moment: Moment, change: Change, item: Item) -> str | None:
    """The version an item leaves; while it waits, the one it would leave now; of one that ended
    without having begun, what ran when it was accepted."""
    if item.started is not None or item.status in FINAL:
        return item.origin
    return moment.estate.known(change.instance(item)).target


def _move(moment: Moment, item: Item, move: Move) -> MoveView:
    origin, attempt = as_one_move(item, move)
    host = moment.snapshot.inventory.hosts.get(move.host)
    return {
        "host": move.host,
        "domain": host.domain if host else "",
        "origin": origin,
        "goal": move.goal,
        "state": move.state.value,
        "phase": moment.phase(move),
        "attempt": attempt,
        "started": when(move.started),
        "finished": when(move.finished),
        "detail": printable(move.detail),
        "log": _log(moment, move)[-LOG_LINES:],
    }


def _log(moment: Moment, move: Move) -> list[str]:
    under_way = moment.activity.get(move.step)
    lines: Iterable[str] = under_way.log if under_way else move.log
    return [printable(line) for line in lines]


def log_views(moment: Moment, change: Change, host: str = "") -> list[LogView]:
    """What the moves of a change, and its hooks, wrote, all of it or one host's."""
    moves: list[LogView] = [
        {
            "service": item.service,
            "host": move.host,
            "step": move.step,
            "state": move.state.value,
            "detail": printable(move.detail),
            "lines": _log(moment, move),
        }
        for item in change.items
        for move in sorted(item.moves.values(), key=lambda move: move.host)
        if not host or move.host == host
    ]
    return hook_logs(change, host) + moves


def host_views(
    moment: Moment, latency_ms: Callable[[str], float | None], hosts: Iterable[str] | None = None
) -> list[HostView]:
    """Every host (or those named), by name."""
    inventory, views = moment.snapshot.inventory, []
    for name in sorted(inventory.hosts if hosts is None else hosts):
        host, known = inventory.hosts[name], moment.state.hosts.get(name)
        latency = latency_ms(name)
        views.append(
            HostView(
                host=name,
                environment=host.environment,
                domain=host.domain,
                address=printable(host.address),
                state=(known.reach if known else Reach.UNKNOWN).value,
                latency_ms=None if latency is None else round(latency, 1),
                fenced=bool(known and known.fenced),
                reason=printable(known.reason) if known else "",
                placements=[str(placement.instance) for placement in inventory.placements_on(name)],
                maintenance=maintenance_view(moment, name),
                clock_skew_s=known.skew_s if known else 0.0,
                clock_warning=clock_warning(known),
            )
        )
    return views


def export_view(moment: Moment) -> dict[str, dict[str, str]]:
    """The desired version of every instance that has one, as ``apply`` takes it."""
    found: dict[str, dict[str, str]] = {}
    for instance in moment.snapshot.inventory.instances():
        version = moment.estate.desired(instance)
        if version is not None:
            found.setdefault(instance.environment, {})[instance.service] = version
    return {environment: found[environment] for environment in sorted(found)}
