"""Requests that become several changes, each following the one before: through environments, and
over a bridge. Every step is an ordinary change, judged like one and held by every gate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.errors import RequestRefused, UsageError
from engine.model.change import Change, Item, Status
from engine.model.event import ChangeAccepted, Event, ItemStatus
from engine.model.names import InstanceId
from engine.model.request import Deploy
from engine.plan.estate import Estate
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.named import find_environment, find_service
from engine.plan.requests.queueing import check_good, check_release, deploy
from engine.plan.sequencing.bridge import look_for_bridge, none_found
from engine.plan.sequencing.sequence import order
from engine.plan.sequencing.trials import Leg


def deploy_linked(estate: Estate, request: Deploy) -> Judgement:
    """One change for each environment on the way, or for each leg of a bridge."""
    if request.through and request.accept_bridge:
        raise UsageError(
            "--through and --accept-bridge do not go together: what bridges a lockstep depends on what runs in an "
            "environment when its turn comes, which nobody knows yet of those after the first. Deploy with "
            "--accept-bridge -e ENV in one environment after the other; a bridge brings its own steps through those "
            "before, where soak asks for it"
        )
    return _through(estate, request) if request.through else _over_bridge(estate, request)


def _through(estate: Estate, request: Deploy) -> Judgement:
    changes: list[Change] = []
    for environment in _way(estate, request):
        placed = {
            name: version
            for name, version in request.services.items()
            if environment == request.through or find_service(estate, name).hosts.get(environment)
        }
        if not placed:
            continue
        wanted = replace(request, environment=environment, services=placed, through="")
        events, _ = deploy(estate, wanted)
        changes += [event.change for event in events if isinstance(event, ChangeAccepted)]
    if not changes:
        return (), f"everything up to {request.through} is as wanted already; nothing was queued"
    return _linked(estate, changes)


def _way(estate: Estate, request: Deploy) -> list[str]:
    """The environments from the one asked for (or the first of all) to the last, in order."""
    known = estate.inventory.environments
    way = [find_environment(estate, request.through)]
    while way[0] != request.environment and known[way[0]].after:
        way.insert(0, known[way[0]].after)
    if request.environment and way[0] != find_environment(estate, request.environment):
        raise UsageError(f"{request.through} does not come after {request.environment}: the way is {' -> '.join(way)}")
    if len(way) == 1 and known[way[0]].after:
        raise UsageError(f"--through {way[0]} ends where -e {way[0]} begins: leave one of them out")
    if len(way) == 1:
        raise UsageError(f"{way[0]} comes after no other environment: leave --through out, and use -e {way[0]}")
    return way


def _over_bridge(estate: Estate, request: Deploy) -> Judgement:
    events, said = deploy(estate, replace(request, allow_lockstep=False))
    change = next((event.change for event in events if isinstance(event, ChangeAccepted)), None)
    if change is None:
        return events, said
    goals = {item.service: item.goal for item in change.items}
    locksteps = order(estate, change.environment, goals).locksteps
    if not locksteps:
        return events, said
    found = look_for_bridge(estate, change.environment, goals)
    legs = found.legs
    if not legs and request.allow_lockstep:
        return deploy(estate, request)
    if not legs:
        caught = "; ".join(", ".join(group) for group, _ in locksteps)
        raise RequestRefused(f"{caught} in lockstep: {none_found(found.gave_up)}. Nothing was queued")
    over = {leg.service for leg in legs if leg.environment == change.environment}
    rest = tuple(item for item in change.items if item.service not in over)
    steps = [_step(estate, change, leg) for leg in legs]
    if rest:  # it has nothing to do with the lockstep, and goes its own way
        aside = replace(change, number=change.number + len(steps), items=rest)
        linked, said = _linked(estate, steps)
        return (*linked, ChangeAccepted(aside), *_taken_over(estate, change)), f"{said}; change {aside.id}: the rest"
    linked, said = _linked(estate, steps)
    return (*linked, *_taken_over(estate, change)), said


def _step(estate: Estate, change: Change, leg: Leg) -> Change:
    if leg.environment == change.environment:
        for item in change.items:
            if (item.service, item.goal) == (leg.service, leg.goal):
                return replace(change, items=(item,))
    service = find_service(estate, leg.service)
    sha256 = check_release(estate, service, leg.goal)
    check_good(estate, InstanceId(leg.service, leg.environment), leg.goal)
    item = Item(leg.service, leg.goal, service.configuration, sha256)
    return replace(change, environment=leg.environment, items=(item,))


def _linked(estate: Estate, changes: Iterable[Change]) -> Judgement:
    """The changes, numbered in a row, each following the one before."""
    events: list[Event] = []
    said: list[str] = []
    follows = ""
    for number, change in enumerate(changes, start=estate.state.next_change):
        step = replace(change, number=number, follows=follows)
        follows = step.id
        events.append(ChangeAccepted(step))
        what = ", ".join(f"{item.service} {item.goal}" for item in step.items)
        said.append(f"change {step.id}: {what} in {step.environment}")
    return tuple(events), ", then ".join(said)


def _taken_over(estate: Estate, change: Change) -> Iterable[Event]:
    """Waiting items that ask for the same as this change: its steps carry them out."""
    wanted = {(item.service, item.goal) for item in change.items}
    for older in estate.state.unfinished():
        for item in older.items if older.environment == change.environment else ():
            if item.status is Status.WAITING and (item.service, item.goal) in wanted:
                yield ItemStatus(older.id, item.service, Status.SUPERSEDED)
