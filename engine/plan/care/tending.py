"""What single hosts need, beside the queue: stopping what runs on a host that is drained, retired
or no longer meant to run it, and bringing back what was stopped for maintenance.

One placement at a time on a host, dependents first on the way down and providers first on the way
up; within the budgets of every rollout, and never while a service joined with it rolls. A retired
host is out of all rules: what runs there is stopped as soon as it answers.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.change import FINAL, Change, Item, Kind, MoveState, Status
from engine.model.event import ChangeAccepted
from engine.model.maintenance import Maintenance, Upkeep
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Unit
from engine.model.snapshot import Action, Decide
from engine.model.wait import Reason, Wait
from engine.plan.budget import Budgets
from engine.plan.care.removing import advance_removal, resting, spent, withheld
from engine.plan.care.upkeep import is_away, is_retired
from engine.plan.deployed import configuration_at
from engine.plan.estate import Estate
from engine.plan.people.holds import holds
from engine.plan.people.overrides import is_lifted
from engine.plan.rollouts.batch import execute, untouchable
from engine.plan.rollouts.hooks import begun as as_it_begins
from engine.plan.rollouts.under_way import UnderWay
from engine.plan.sequencing.safety import unsafe
from engine.plan.sequencing.sequence import Clash

GONE = frozenset({Status.CANCELLED, Status.SUPERSEDED})
OPEN = frozenset({Status.WAITING, Status.RUNNING, Status.PAUSED})


def tend(estate: Estate, busy: set[str], budgets: Budgets) -> tuple[list[Action], list[Wait]]:
    """The next steps on single hosts, and why others wait. ``busy`` grows, ``budgets`` shrink."""
    actions: list[Action] = list(_first_contacts(estate))
    waits: list[Wait] = []
    begun: dict[InstanceId, str] = {}
    for change in estate.state.unfinished():
        if change.kind is Kind.RESTART:
            rollouts = [UnderWay(estate, change, item) for item in change.items if item.status in OPEN]
            actions += [r.decide(Status.SUPERSEDED) for r in rollouts if r.is_out_of_date and not r.in_flight]
        for item in _in_order(estate, change) if change.is_tended else ():
            if item.status in OPEN:
                rollout = UnderWay(estate, change, item)
                orphans = change.kind is Kind.REMOVE
                more, why = _withdraw(rollout, busy) if orphans else _advance(rollout, busy, budgets, begun)
                actions += more
                waits += why
    return actions, waits


def _in_order(estate: Estate, change: Change) -> list[Item]:
    """Dependents before what they need on the way down, after it on the way up."""
    down = change.kind is not Kind.RETURN

    def depth(name: str) -> int:
        found, todo = {name}, [name]
        while todo:
            new = [other for other in estate.providers(todo.pop()) if other not in found]
            found.update(new)
            todo += new
        return len(found)

    return sorted(change.items, key=lambda item: (-depth(item.service) if down else depth(item.service), item.service))


def _first_contacts(estate: Estate) -> Iterator[Decide]:
    """A retired host answers and runs something: that is stopped before anything else."""
    number = estate.state.next_change
    for host, aside in sorted(estate.state.maintenance.items()):
        if aside.upkeep is Upkeep.RETIRED and host in estate.inventory.hosts and estate.reachable(host):
            items = () if _was_tended(estate, aside) else stoppable(estate, host)
            if items:
                where, now = estate.inventory.hosts[host].environment, estate.snapshot.now
                why = f"{aside.by} retired {host}{f': {aside.reason}' if aside.reason else ''}"
                yield Decide(ChangeAccepted(Change(number, where, items, aside.by, now, why, Kind.DRAIN)))
                number += 1


def _was_tended(estate: Estate, aside: Maintenance) -> bool:
    """Whether stopping was begun since the host was retired: if it failed, a person sees to it."""
    return any(
        change.kind is Kind.DRAIN
        and change.status not in GONE
        and (change.created >= aside.at or change.status not in FINAL)
        for change in estate.state.changes.values()
        if any(aside.host in item.hosts for item in change.items)
    )


def stoppable(estate: Estate, host: str) -> tuple[Item, ...]:
    """An item for each service of the host's environment that was last seen there, whatever the
    inventory says of it, or that may be there because the host was never seen."""
    where, items = estate.inventory.hosts[host].environment, list[Item]()
    placed = {p for p in estate.snapshot.inventory.placements_on(host) if estate.known(p.instance).target is not None}
    for placement in sorted(placed | {p for p in estate.state.sightings if (p.host, p.environment) == (host, where)}):
        declared, seen = estate.service(placement.service), estate.state.sightings.get(placement)
        known = configuration_at(estate.state, placement)
        configuration = known or (declared.configuration if declared else None)
        if configuration and (seen is None or seen.version is not None or seen.unit is not Unit.ABSENT):
            items.append(Item(placement.service, "", configuration, hosts=(host,)))
    return tuple(items)


def _withdraw(rollout: UnderWay, busy: set[str]) -> tuple[list[Action], list[Wait]]:
    """Orphans: they are no part of the instance any more, so there is nothing to spare."""
    if rollout.item.status is Status.WAITING:
        waits = list(holds(rollout.estate, rollout.change, rollout.item))
        return ([], waits) if waits else ([rollout.decide(Status.RUNNING)], [])
    return advance_removal(rollout, busy)


def _advance(
    rollout: UnderWay, busy: set[str], budgets: Budgets, begun: dict[InstanceId, str]
) -> tuple[list[Action], list[Wait]]:
    """One item: done, given up, out of date, held, or its next step. ``begun`` names the instances of
    which a step begins in this plan, with the change, and grows."""
    if rollout.in_flight:
        return [], []
    placement = rollout.placements[0]
    if _is_moot(rollout, placement):
        return [rollout.decide(Status.SUPERSEDED)], []
    if _is_done(rollout, placement):
        return [rollout.decide(Status.SUCCEEDED)], []
    if failure := spent(rollout):
        return [rollout.decide(Status.FAILED, failure)], []
    waits = list(_why_not(rollout, placement, busy, budgets, begun))
    if waits:
        return [], waits
    if rollout.item.status is Status.WAITING:
        return [rollout.decide(Status.RUNNING)], []
    budgets.begin(placement, falls=rollout.estate.available(placement))
    busy.add(placement.host)
    begun[rollout.instance] = rollout.change.id
    return [as_it_begins(execute(rollout, placement, back=False))], []


def _is_moot(rollout: UnderWay, placement: PlacementId) -> bool:
    """Whether the maintenance it belongs to is not what it was."""
    aside, kind = rollout.estate.state.maintenance.get(placement.host), rollout.change.kind
    if kind is Kind.RETURN:
        return aside is not None or rollout.estate.known(placement.instance).target is None
    if aside is not None and aside.upkeep is Upkeep.RETIRED and not rollout.estate.reachable(placement.host):
        return True  # when it answers, it is all done anew
    return aside is None or aside.upkeep is Upkeep.CORDONED


def _is_done(rollout: UnderWay, placement: PlacementId) -> bool:
    if rollout.change.kind is Kind.RETURN:
        return not is_away(rollout.estate, placement) and not rollout.estate.is_moving(placement)
    return rollout.is_at_goal(placement)


def _why_not(
    rollout: UnderWay, placement: PlacementId, busy: set[str], budgets: Budgets, begun: dict[InstanceId, str]
) -> Iterator[Wait]:
    estate, leaves = rollout.estate, rollout.change.kind is not Kind.RETURN
    if rest := withheld(rollout, placement) or resting(rollout, placement.host):
        yield rest
    if not is_retired(estate, placement.host):
        yield from holds(estate, rollout.change, rollout.item)
        yield from _neighbours(rollout, begun)
        if not leaves:
            yield from _in_its_turn(rollout, placement)
        yield from _crowded(rollout, placement, budgets)
        if leaves:
            yield from _no_room(rollout, placement, budgets)
        elif clash := _no_way_back(rollout):
            yield rollout.wait(Reason.DEPENDENCY_VERSION, placement, clash.sentence())
    elif estate.snapshot.draining:
        message = "the engine is stopping; it goes on when an engine runs again"
        yield rollout.wait(Reason.ENGINE_DRAINING, placement, message)
    if held := untouchable(rollout, placement, busy, drains=leaves):
        yield held


def _neighbours(rollout: UnderWay, begun: dict[InstanceId, str]) -> Iterator[Wait]:
    """The instance itself, or one joined with it, rolls just now, or is about to."""
    estate, mine = rollout.estate, rollout.item.service
    for name in (mine, *estate.neighbours(mine)):
        instance = rollout.instance._replace(service=name)
        change = estate.rolling(instance)
        number = change.id if change is not None else begun.get(instance)
        if number is not None and number != rollout.change.id:
            message = f"{name} is rolling (change {number})"
            yield Wait(Reason.DEPENDENCY_BUSY, str(rollout.instance), message, rollout.change.id, blocker=number)


def _no_way_back(rollout: UnderWay) -> Clash | None:
    """The clash that coming back would make. What is away runs nowhere: that it would clash is no clash
    there is already, which would impose nothing."""
    estate, instance = rollout.estate, rollout.instance
    here = [placement for placement in estate.placements(instance) if not is_away(estate, placement)]
    runs = frozenset(version for placement in here for version in estate.may_run_at(placement))
    return unsafe(estate, instance, estate.known(instance).target, mine=runs)


def _in_its_turn(rollout: UnderWay, placement: PlacementId) -> Iterator[Wait]:
    """A rollout of the instance stands still, and has not been here yet: what it brings would come here
    before its turn, past its canaries, its order of domains, and whoever paused it."""
    for change, item in rollout.estate.items.get(rollout.instance, ()):
        move = item.moves.get(placement.host)
        was_here = move is not None and move.state is MoveState.DONE and not move.back
        if item.status in (Status.RUNNING, Status.PAUSED) and not was_here:
            message = (
                f"change {change.id} brings {item.goal} to {rollout.instance}, and to {placement.host} in its turn"
            )
            yield rollout.wait(Reason.DEPENDENCY_BUSY, placement, message, f"interlock why {change.id}")


def _crowded(rollout: UnderWay, placement: PlacementId, budgets: Budgets) -> Iterator[Wait]:
    """As many of the instance are in a step as may be: it is healed, or another host is emptied."""
    moving, limit = budgets.moving(rollout.instance), rollout.policy.max_parallel
    if len(moving) >= limit.of(len(rollout.estate.placements(rollout.instance))):
        where = ", ".join(other.host for other in moving)
        message = f"{where} of {rollout.instance} moves already; at most {limit} may at once"
        yield rollout.wait(Reason.BLAST_RADIUS, placement, message)


def _no_room(rollout: UnderWay, placement: PlacementId, budgets: Budgets) -> Iterator[Wait]:
    """Stopping it would leave too little of the instance, its domain or its environment. What is
    down already, or is no part of the instance any more, may always go."""
    estate = rollout.estate
    mine = estate.placements(rollout.instance)
    if placement not in mine or not estate.available(placement):
        return
    lost = budgets.down(rollout.instance)
    limit = rollout.policy.may_be_unavailable(len(mine))
    if len(lost) + 1 > limit:
        ill = ", ".join(other.host for other in lost)
        message = (
            f"{len(lost)} of {len(mine)} are unavailable ({ill}); at most {limit} may be, so {placement.host} stays"
        )
        unblock = f"bring {ill} back (interlock why {rollout.instance})"
        yield rollout.wait(Reason.BLAST_RADIUS, placement, message, unblock)
    for refusal in budgets.refuse(placement):
        if not is_lifted(estate, rollout.change, refusal.reason):
            yield Wait(
                refusal.reason, str(placement), refusal.message, rollout.change.id, refusal.owner, refusal.unblock
            )
