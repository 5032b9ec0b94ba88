"""What would happen if a request were accepted now: its order, its waits, whom it touches. The
same planner, played on a snapshot in which the change is queued already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from engine.errors import InterlockError
from engine.model.change import Change
from engine.model.event import ChangeAccepted, Event, Recorded
from engine.model.names import InstanceId
from engine.model.request import Request, Rollback
from engine.model.snapshot import Snapshot
from engine.model.wait import Wait
from engine.plan.estate import Estate
from engine.plan.evolve import evolve
from engine.plan.outage.facing import Facing, faced
from engine.plan.pending import reconfigures
from engine.plan.planner import plan
from engine.plan.requests import judge
from engine.plan.requests.chains import chain_of
from engine.plan.rollouts.migrating import migrations
from engine.plan.rollouts.strategy import strategy_text
from engine.plan.sequencing.bridge import Bridge, look_for_bridge
from engine.plan.sequencing.sequence import Clash, Order, order
from engine.plan.sequencing.trials import Leg
from engine.plan.sequencing.violations import violations

NOT_QUEUED = "CHANGE"  # stands for the number of a change that would be queued


@dataclass(frozen=True, slots=True)
class Step:
    """One service's move in an environment. Steps of equal ``rank`` (from 1) may roll together, but
    those ``in_lockstep``, which have no order; ``after`` names those of the same change that versions
    force to go before, ``rather_after`` those that go before by preference only; ``reconfigures``: its
    configuration is another one too; ``strategy``: the stages it goes in, "" if there is one only."""

    rank: int
    service: str
    origin: str | None
    goal: str
    after: tuple[str, ...]
    environment: str = ""
    reconfigures: bool = False
    strategy: str = ""
    rather_after: tuple[str, ...] = ()
    in_lockstep: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """``refused``: the sentence with which the request would be refused, "" if it would not.
    ``waits`` are those that something outside the request imposes. ``bridge``: the moves over
    versions in between that would resolve the locksteps, none if there are none known. ``chain``:
    what would have to go back too if a rollback is refused by others, dependents first.
    ``violations``: the dependencies of what would move that are broken already. ``outages``: what
    the locksteps would take without a bridge; ``bridge_given_up``: there may be one all the same.
    ``notes``: what its migrations mean for a way back."""

    environment: str = ""
    steps: tuple[Step, ...] = ()
    waits: tuple[Wait, ...] = ()
    locksteps: tuple[tuple[tuple[str, ...], tuple[Clash, ...]], ...] = ()
    refused: str = ""
    touches: tuple[str, ...] = ()
    bridge: tuple[Leg, ...] = ()
    chain: tuple[Leg, ...] = ()
    violations: tuple[Clash, ...] = ()
    outages: tuple[Facing, ...] = ()
    bridge_given_up: bool = False
    notes: tuple[str, ...] = ()


def queued(snapshot: Snapshot, request: Request) -> Snapshot | None:
    """The snapshot in which a request has been granted, for a forecast; None if it is refused."""
    try:
        return _accept(snapshot, judge(snapshot, request)[0])
    except InterlockError:
        return None


def preview(snapshot: Snapshot, request: Request) -> Preview:
    """Play a request forward; refusals are part of the answer, not exceptions."""
    try:
        events, _ = judge(snapshot, request)
    except InterlockError as error:
        return Preview(refused=str(error))
    changes = [event.change for event in events if isinstance(event, ChangeAccepted)]
    if not changes:
        return Preview()
    accepted = _accept(snapshot, events)
    estate = Estate(accepted)
    steps: list[Step] = []
    found = Order({})
    for change in changes:
        found = order(estate, change.environment, _goals(change))
        steps += _steps(estate, change, found, steps)
    ids = {change.id for change in changes}
    waits = tuple(_unnamed(w) for w in plan(accepted).waits if w.change in ids and w.blocker not in ids)
    first, moved = changes[0], {item.service for change in changes for item in change.items}
    touches = sorted({consumer for name in moved for consumer in estate.consumers.get(name, ())} - moved)
    locksteps = found.locksteps if len(changes) == 1 else ()
    found_bridge = look_for_bridge(estate, first.environment, _goals(first)) if locksteps else Bridge()
    outages = faced(estate, first.environment, _goals(first)) if locksteps else ()
    more = _chain(estate, first) if isinstance(request, Rollback) and not request.chain else ()
    return Preview(
        environment=first.environment,
        steps=tuple(steps),
        waits=waits,
        locksteps=locksteps,
        touches=tuple(touches),
        bridge=found_bridge.legs,
        bridge_given_up=found_bridge.gave_up,
        chain=more,
        violations=_broken(estate, changes),
        outages=outages,
        notes=tuple(migrations(estate, changes)),
    )


def _unnamed(wait: Wait) -> Wait:
    """A wait of a change that nobody has queued: the number it would have may soon be another's,
    and what is to be typed must not name it."""
    words = wait.unblock.split(" ")
    said = (NOT_QUEUED if word == wait.change and words[n - 2] == "interlock" else word for n, word in enumerate(words))
    return replace(wait, unblock=" ".join(said))


def _broken(estate: Estate, changes: Iterable[Change]) -> tuple[Clash, ...]:
    instances = {change.instance(item) for change in changes for item in change.items}
    return tuple(dict.fromkeys(clash for instance in sorted(instances) for clash in violations(estate, instance)))


def _chain(estate: Estate, change: Change) -> tuple[Leg, ...]:
    """The moves of the whole chain in their order; none if the rollback goes by itself."""
    found = chain_of(estate, change)
    if len(found) <= len(change.items):
        return ()
    goals = {name: good.version for name, good in found.items()}
    names = [name for names in order(estate, change.environment, goals).generations() for name in names]
    return tuple(Leg(change.environment, name, _from(estate, change, name), goals[name]) for name in names)


def _goals(change: Change) -> dict[str, str]:
    return {item.service: item.goal for item in change.items}


def _steps(estate: Estate, change: Change, found: Order, before: list[Step]) -> Iterator[Step]:
    """The steps of one change, after those of the changes before it."""
    start = max((step.rank for step in before), default=0) + 1
    ranks = {name: rank for rank, names in enumerate(found.generations(), start) for name in names}
    goals = _goals(change)
    for name in sorted(goals, key=lambda name: (ranks[name], name)):
        left = [step.goal for step in before if (step.service, step.environment) == (name, change.environment)]
        origin = left[-1] if left else _from(estate, change, name)
        instance = InstanceId(name, change.environment)
        anew = reconfigures(estate, instance, change.item(name))
        way = strategy_text(estate, change, instance)
        first = tuple(other for other, clash in found.before[name].items() if clash is not None)
        rather = tuple(other for other, clash in found.before[name].items() if clash is None)
        knotted = found.lockstep_of(name) is not None
        yield Step(
            ranks[name], name, origin, goals[name], first, change.environment, anew, way, rather, in_lockstep=knotted
        )


def _accept(snapshot: Snapshot, events: Iterable[Event]) -> Snapshot:
    state = snapshot.state
    for event in events:
        state = evolve(state, Recorded(0, snapshot.now, snapshot.elapsed_s, event))
    return replace(snapshot, state=state)


def _from(estate: Estate, change: Change, service: str) -> str | None:
    return estate.known(InstanceId(service, change.environment)).target
