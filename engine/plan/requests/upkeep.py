"""Requests of host maintenance: cordon, drain, uncordon, retire, unretire."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import RequestRefused, UsageError
from engine.model.change import Change, Item, Kind, MoveState, Status
from engine.model.event import ChangeAccepted, Event, MoveEnded
from engine.model.healing import HealEnded
from engine.model.maintenance import (
    Cordon,
    Drain,
    HostCordoned,
    HostDrained,
    HostRetired,
    HostUncordoned,
    HostUnretired,
    Maintenance,
    Retire,
    Uncordon,
    Unretire,
    Upkeep,
)
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Unit
from engine.plan.care.tending import OPEN, stoppable
from engine.plan.estate import Estate
from engine.plan.nearest import did_you_mean
from engine.plan.requests.judgement import Judgement


def find_host(estate: Estate, name: str, *, gone: bool = False) -> str:
    """The host of that name; with ``gone`` also one that left the inventory, as long as anything
    is remembered of it. UsageError with the nearest names if there is none."""
    known = set(estate.inventory.hosts)
    if gone:
        known |= set(estate.state.hosts) | set(estate.state.maintenance)
        known |= {move.host for _, _, move in estate.state.moves_in_flight()}
    if name not in known:
        raise UsageError(f"no host is called {name!r}; {did_you_mean(name, sorted(known), 'host')}")
    return name


def cordon(estate: Estate, request: Cordon) -> Judgement:
    """Nothing new is started there."""
    host = find_host(estate, request.host)
    aside = estate.state.maintenance.get(host)
    if aside is not None and aside.upkeep is Upkeep.CORDONED:
        return (), f"{host} is cordoned already: {aside.sentence()}"
    if aside is not None:
        raise RequestRefused(f"{aside.sentence()}, and that is more than a cordon; nothing was changed")
    event = HostCordoned(host, request.actor, request.reason)
    return (event,), f"nothing new starts on {host} until interlock uncordon {host}; what runs there runs on"


def drain(estate: Estate, request: Drain) -> Judgement:
    """Cordoned, and a change that stops what runs there."""
    host = find_host(estate, request.host)
    aside = estate.state.maintenance.get(host)
    if aside is not None and aside.upkeep is Upkeep.DRAINED:
        return (), f"{host} is drained already: {aside.sentence()}"
    if aside is not None and aside.upkeep is Upkeep.RETIRED:
        raise RequestRefused(f"{aside.sentence()}: it is out of everything already; nothing was changed")
    items = stoppable(estate, host)
    events: list[Event] = [HostDrained(host, request.actor, request.reason)]
    if not items:
        return tuple(events), f"{host} is drained: nothing runs there, and nothing will"
    change = _change(estate, request, host, items, Kind.DRAIN)
    names = ", ".join(item.service for item in items)
    said = f"change {change.id}: {names} on {host} stop one after the other, as the budgets allow"
    return (*events, ChangeAccepted(change)), said


def uncordon(estate: Estate, request: Uncordon) -> Judgement:
    """The host takes part again, and what was stopped for its maintenance comes back."""
    host = find_host(estate, request.host)
    aside = _aside(estate, host, "cordoned or drained")
    if aside.upkeep is Upkeep.RETIRED:
        raise RequestRefused(f"{aside.sentence()}: interlock unretire {host} brings it back; nothing was changed")
    event = HostUncordoned(host, request.actor, request.reason)
    return _returning(estate, request, host, event)


def retire(estate: Estate, request: Retire) -> Judgement:
    """The host is out of everything from now on; what was on its way there is concluded."""
    found = retirement(estate, request.host)
    _refuse_at_work(estate, found.host)
    events: list[Event] = [HostRetired(found.host, request.actor, request.reason)]
    detail = f"{request.actor} retired {found.host} in the middle of this step: what became of it is not known"
    events += [
        MoveEnded(change.id, item.service, found.host, step, MoveState.ABANDONED, detail)
        for change, item, step in found.concluded
    ]
    events += [
        HealEnded(healing.placement, move.step, MoveState.ABANDONED, detail)
        for healing, move in estate.state.heals_in_flight()
        if move.host == found.host
    ]
    said = f"{found.host} is retired: it counts for nothing any more, and what runs there is stopped"
    said += " now" if estate.reachable(found.host) else " as soon as it answers"
    if found.concluded:
        said += f"; steps given up: {', '.join(sorted({item.service for _, item, _ in found.concluded}))}"
    return tuple(events), said


def _refuse_at_work(estate: Estate, host: str) -> None:
    """A step that this engine carries out on a host that answers comes to its end first: what it has done
    would not be known."""
    moves = [(f"change {change.id}", item.service, move) for change, item, move in estate.state.moves_in_flight()]
    moves += [("a heal", healing.placement.service, move) for healing, move in estate.state.heals_in_flight()]
    for whose, service, move in moves:
        if move.host == host and move.step in estate.snapshot.executing and estate.reachable(host):
            raise RequestRefused(
                f"a step of {service} ({whose}) is at work on {host}, which answers: retire it when that is over. "
                "Nothing was changed"
            )


@dataclass(frozen=True, slots=True)
class Retirement:
    """What retiring a host comes to: the placements it costs, and the steps in flight there that
    are given up (change, item, step)."""

    host: str
    stops: tuple[PlacementId, ...]
    concluded: tuple[tuple[Change, Item, str], ...]


def retirement(estate: Estate, name: str) -> Retirement:
    """What retiring a host would come to. Raises UsageError or RequestRefused."""
    host = find_host(estate, name, gone=True)
    aside = estate.state.maintenance.get(host)
    concluded = tuple((change, item, m.step) for change, item, m in estate.state.moves_in_flight() if m.host == host)
    if aside is not None and aside.upkeep is Upkeep.RETIRED and not concluded:
        raise RequestRefused(f"{aside.sentence()} already; nothing was changed")
    here = sorted({p for p in estate.state.sightings if p.host == host and _runs(estate, p)})
    return Retirement(host, tuple(here), concluded)


def unretire(estate: Estate, request: Unretire) -> Judgement:
    """The host takes part again, once nothing of the past runs there any more."""
    host = find_host(estate, request.host)
    aside = _aside(estate, host, "retired")
    if aside.upkeep is not Upkeep.RETIRED:
        raise RequestRefused(f"{aside.sentence()}: interlock uncordon {host} ends that; nothing was changed")
    running = sorted(str(p.instance) for p in estate.state.sightings if p.host == host and _runs(estate, p))
    flying = host in estate.moving
    if running or flying:
        when = "when it is stopped" if estate.reachable(host) else "when it answers, and has stopped that"
        what = f"{', '.join(running)} may still run there" if running else "a step is still at work there"
        raise RequestRefused(f"{what}: unretire {host} {when}. Nothing was changed")
    return _returning(estate, request, host, HostUnretired(host, request.actor, request.reason))


def _runs(estate: Estate, placement: PlacementId) -> bool:
    """Whether something was last seen at a placement."""
    seen = estate.state.sightings[placement]
    return seen.version is not None or seen.unit is not Unit.ABSENT


def _aside(estate: Estate, host: str, what: str) -> Maintenance:
    aside = estate.state.maintenance.get(host)
    if aside is None:
        raise RequestRefused(f"{host} is not {what}; nothing was changed")
    return aside


def _returning(estate: Estate, request: Uncordon | Unretire, host: str, event: Event) -> Judgement:
    """The end of a maintenance, and the change that brings back what was stopped for it."""
    stopping = {
        (change.instance(item))
        for change in estate.state.unfinished()
        for item in change.items
        if change.kind is Kind.DRAIN and item.hosts == (host,) and item.status in OPEN - {Status.WAITING}
    }
    where = estate.inventory.hosts[host].environment
    items = tuple(
        Item(placement.service, known.target, known.configuration, hosts=(host,))
        for placement in estate.snapshot.inventory.placements_on(host)
        if (known := estate.known(InstanceId(placement.service, where))).target is not None
        and known.configuration is not None
        and (host in known.away or placement.instance in stopping)
    )
    if not items:
        return (event,), f"{host} takes part again"
    change = _change(estate, request, host, items, Kind.RETURN)
    names = ", ".join(item.service for item in items)
    return (event, ChangeAccepted(change)), f"change {change.id}: {host} takes part again; {names} come back there"


def _change(
    estate: Estate, request: Drain | Uncordon | Unretire, host: str, items: tuple[Item, ...], kind: Kind
) -> Change:
    return Change(
        number=estate.state.next_change,
        environment=estate.inventory.hosts[host].environment,
        items=tuple(sorted(items, key=lambda item: item.service)),
        requested_by=request.actor,
        created=estate.snapshot.now,
        reason=request.reason,
        kind=kind,
    )
