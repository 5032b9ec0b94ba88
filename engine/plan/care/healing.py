"""Healing: drift is converged away, one placement at a time on a host, providers before those who
need them.

A heal obeys people (hold, pause, a cordon), the artifact, dependencies, budgets and HostBusy; it
asks no window, freeze, soak or approval, for it brings nothing new. It needs two sightings in a row,
is tried three times with growing pauses, and then waits for a person; so it does where so much of
an instance differs at once that the cause is hardly on its hosts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.model.change import UNFINISHED_ROLLOUT as OPEN
from engine.model.change import Move, Status
from engine.model.healing import Difference, Healing, HealIntended
from engine.model.names import InstanceId
from engine.model.observation import Unit
from engine.model.service import Amount, Heal
from engine.model.snapshot import Action
from engine.model.wait import Reason, Wait
from engine.plan.budget import Budgets
from engine.plan.care.drift import at_rest, differences
from engine.plan.care.heal_steps import artifact_of, heal_step, policy_of, wait_of
from engine.plan.care.upkeep import shut
from engine.plan.estate import Estate
from engine.plan.rollouts.hooks import begun
from engine.plan.sequencing.safety import unsafe
from engine.plan.sequencing.sequence import Order

TRIES = 3
PAUSES_S = (10.0, 60.0)
AT_ONCE = Amount(20, percent=True)


@dataclass(slots=True)
class Ward:
    """What one plan's heals share: the hosts with a step, the budgets, and the instances that are
    being healed, with how many of their placements."""

    estate: Estate
    busy: set[str]
    budgets: Budgets
    healed: defaultdict[InstanceId, int] = field(default_factory=lambda: defaultdict(int))
    begun: int = 0


def heals(estate: Estate, busy: set[str], budgets: Budgets) -> tuple[list[Action], list[Wait]]:
    """The heals to begin now, and why the rest of the drift waits."""
    ward = Ward(estate, busy, budgets)
    for healing in estate.state.healings.values():
        ward.healed[healing.placement.instance] += healing.flight is not None
    actions: list[Action] = []
    waits: list[Wait] = []
    for healing in _in_order(estate, drifted(estate)):
        wait = next(_holds(ward, healing), None)
        if wait is not None:
            waits.append(wait)
        elif healing.sightings > 1:
            actions.append(_begin(ward, healing))
    return actions, [*waits, *_turned_off(estate)]


def _turned_off(estate: Estate) -> Iterator[Wait]:
    """Where the last rollout failed nothing is healed until a person has decided: what it left is
    nobody's drift, and what drifts there may have been its doing."""
    for instance, items in estate.items.items():
        begun = [entry for entry in items if entry[1].started is not None and entry[1].status is not Status.SUPERSEDED]
        if not begun or begun[-1][1].status is not Status.FAILED or any(item.status in OPEN for _, item in items):
            continue
        change = begun[-1][0]
        for placement in estate.placements(instance):
            if differs := differences(estate.state, placement):
                message = (
                    f"{placement} differs ({', '.join(differs)}) and is not healed: change {change.id} failed here, "
                    "and healing is off until a person has decided what becomes of it"
                )
                again = f"interlock retry {change.id}, or interlock rollback {instance}"
                yield Wait(Reason.FAILED_EARLIER, str(placement), message, owner=change.requested_by, unblock=again)


def drifted(estate: Estate) -> list[Healing]:
    """The drift that is nobody else's: no rollout of the instance is at work or has failed, the
    inventory still has the placement, and nothing heals it yet."""
    return [
        healing
        for healing in estate.state.healings.values()
        if healing.differs
        and healing.flight is None
        and differences(estate.state, healing.placement)
        and healing.placement in estate.placements(healing.placement.instance)
        and estate.known(healing.placement.instance).target is not None
        and at_rest(item for _, item in estate.items.get(healing.placement.instance, ()))
        and not _is_restarting(estate, healing.placement.instance)
    ]


def _is_restarting(estate: Estate, instance: InstanceId) -> bool:
    """What is restarted anyway needs no heal. (What single hosts need shares the budgets with heals, and
    may be waiting for just this one.)"""
    errands = estate.errands.get(instance, ())
    return any(item.status in OPEN and not change.is_tended for change, item in errands)


def _in_order(estate: Estate, patients: list[Healing]) -> list[Healing]:
    """Providers first, then by name."""
    names = {healing.placement.service for healing in patients}
    before = {name: {p: None for p in estate.providers(name) if p in names and p != name} for name in names}
    generations = Order(before).generations()
    rank = {name: at for at, generation in enumerate(generations) for name in generation}
    return sorted(patients, key=lambda healing: (rank[healing.placement.service], healing.placement))


def _holds(ward: Ward, healing: Healing) -> Iterator[Wait]:
    """What keeps a heal from beginning, the most lasting reason first."""
    yield from _people(ward.estate, healing)
    yield from _half_way(ward.estate, healing)
    yield from _many(ward.estate, healing)
    yield from _attempts(ward.estate, healing)
    if healing.sightings > 1 or not ward.estate.reachable(healing.placement.host):
        yield from _host(ward, healing)
        yield from _artifact_wait(ward.estate, healing)
        yield from _neighbours(ward, healing)
        yield from _limits(ward, healing)


def _people(estate: Estate, healing: Healing) -> Iterator[Wait]:
    instance = healing.placement.instance
    service, held_by = estate.service(instance.service), estate.known(instance).held_by
    if service is not None and service.heal is Heal.REPORT:
        message = "heal: report, so Interlock leaves it as it is"
        yield wait_of(estate, healing, Reason.HELD, message, _again(estate, instance))
    if estate.snapshot.draining:
        message = "the engine is stopping; it is healed when an engine runs again"
        yield wait_of(estate, healing, Reason.ENGINE_DRAINING, message)
    if estate.state.paused_by:
        message = f"{estate.state.paused_by} paused the engine: nothing is healed"
        yield wait_of(estate, healing, Reason.PAUSED, message, "interlock resume")
    if aside := shut(estate, healing.placement.host):
        yield wait_of(estate, healing, Reason.HELD, aside.sentence(), aside.undo)
    if held_by:
        yield wait_of(estate, healing, Reason.HELD, f"{held_by} holds {instance}", f"interlock resume {instance}")


def _again(estate: Estate, instance: InstanceId) -> str:
    return f"interlock deploy {instance.service}={estate.known(instance).target} -e {instance.environment}"


def _half_way(estate: Estate, healing: Healing) -> Iterator[Wait]:
    """A rollout was overtaken before it came here, and what overtook it never began: to go on would be
    a rollout, which people ask for."""
    instance, deployed = healing.placement.instance, estate.state.deployed.get(healing.placement)
    target = estate.known(instance).target
    if deployed is not None and deployed.version != target:
        message = f"the rollout to {target} was overtaken before it came here, so {deployed.version} stayed"
        yield wait_of(estate, healing, Reason.FAILED_EARLIER, message, _again(estate, instance))


def _many(estate: Estate, healing: Healing) -> Iterator[Wait]:
    """So much of the instance differs at once that somebody should look first."""
    instance = healing.placement.instance
    known = [estate.state.healings.get(placement) for placement in estate.placements(instance)]
    many = [each for each in known if each is not None and (each.differs or each.flight)]
    limit = AT_ONCE.of(len(known))
    if len(many) > limit and not any(each.released_by for each in many):
        where = ", ".join(each.placement.host for each in many[:4])
        message = f"{len(many)} of {len(known)} placements do at once ({where}), and Interlock heals at most {limit}"
        yield wait_of(estate, healing, Reason.HELD, message, f"interlock release {instance}")


def _attempts(estate: Estate, healing: Healing) -> Iterator[Wait]:
    """Three tries, with growing pauses between them."""
    instance, why = healing.placement.instance, healing.detail or "it was healed, and differed again at once"
    if healing.attempts >= TRIES:
        message = f"healing was tried {healing.attempts} times; the last time: {why}"
        yield wait_of(estate, healing, Reason.HEAL_FAILED, message, f"interlock release {instance}")
    elif healing.attempts:
        left_s = healing.ended_s + PAUSES_S[healing.attempts - 1] - estate.snapshot.elapsed_s
        if left_s > 0:
            message = f"healing try {healing.attempts} of {TRIES} did not do ({why}); the next in {left_s:.0f} s"
            yield wait_of(estate, healing, Reason.FAILED_EARLIER, message)


def _host(ward: Ward, healing: Healing) -> Iterator[Wait]:
    estate, host = ward.estate, healing.placement.host
    known = estate.state.hosts.get(host)
    if known is None or not estate.reachable(host):
        reason = known.reason if known and known.reason else "it has not been seen yet"
        message = f"{host} does not answer: {reason}"
        yield wait_of(estate, healing, Reason.HOST_UNREACHABLE, message, f"interlock probe {host}")
    elif not known.fenced:
        message = f"{host} is unfenced: {known.reason or 'the claim of this engine is not on it yet'}"
        yield wait_of(estate, healing, Reason.HOST_UNREACHABLE, message)
    elif host in ward.busy:
        yield wait_of(estate, healing, Reason.HOST_BUSY, f"another step is at work on {host} just now")


def _artifact_wait(estate: Estate, healing: Healing) -> Iterator[Wait]:
    """The release has to be sent again, and what was deployed is not there to be sent."""
    lost = (Difference.MISSING.value, Difference.CONTENT.value)
    if not any(each.startswith(lost) for each in healing.differs) or artifact_of(estate, healing) is not None:
        return
    instance = healing.placement.instance
    target = estate.known(instance).target or ""
    known = estate.snapshot.catalog.find(instance.service, target)
    if known is None:
        message, reason = f"the artifact of {instance.service} {target} is gone", Reason.ARTIFACT_MISSING
    else:
        message, reason = f"{known.place} is not what was deployed as {target}", Reason.ARTIFACT_UNVERIFIED
    yield wait_of(estate, healing, reason, message, "put the file back")


def _neighbours(ward: Ward, healing: Healing) -> Iterator[Wait]:
    """It may run beside all that may run, and services joined by a dependency are healed in turn."""
    estate, instance = ward.estate, healing.placement.instance
    clash = unsafe(estate, instance, estate.known(instance).target)
    if clash is not None:
        yield wait_of(estate, healing, Reason.DEPENDENCY_VERSION, clash.sentence())
    for other in estate.neighbours(instance.service):
        if ward.healed[instance._replace(service=other)]:
            message = f"{other}, to which it is joined by a dependency, is being healed"
            yield wait_of(estate, healing, Reason.DEPENDENCY_BUSY, message)


def _limits(ward: Ward, healing: Healing) -> Iterator[Wait]:
    """Not more of the instance at once than a rollout would move; what runs goes down only within
    the budgets, what is down may always be mended."""
    estate, placement = ward.estate, healing.placement
    placements = estate.placements(placement.instance)
    limit = policy_of(estate, placement.service).max_parallel.of(len(placements))
    allowed = policy_of(estate, placement.service).may_be_unavailable(len(placements))
    down, moving = ward.budgets.down(placement.instance), ward.budgets.moving(placement.instance)
    if len(moving) >= limit:
        message = f"{len(moving)} of {placement.instance} are in a step already; at most {limit} may be at once"
        yield wait_of(estate, healing, Reason.BLAST_RADIUS, message)
    elif estate.available(placement) and len(down) + 1 > allowed:
        message = f"{down[0].host} is unavailable, and at most {allowed} of {placement.instance} may be"
        yield wait_of(estate, healing, Reason.BLAST_RADIUS, message)
    elif estate.available(placement):
        for refusal in ward.budgets.refuse(placement):
            yield wait_of(estate, healing, refusal.reason, refusal.message, refusal.unblock)


def _begin(ward: Ward, healing: Healing) -> Action:
    """The step of one heal, with its intent."""
    estate, placement = ward.estate, healing.placement
    state, sighting = estate.state, estate.state.sightings.get(placement)
    ward.budgets.begin(placement, falls=estate.available(placement))
    ward.busy.add(placement.host)
    ward.healed[placement.instance] += 1
    ward.begun += 1
    # The number is the state's, so that no heal ever has the name of another one.
    step = f"{state.store[:12]}-{state.epoch}-heal{state.heals + ward.begun}-{placement.service}-{placement.host}"
    origin = (sighting.version or sighting.release) if sighting else None
    goal = estate.known(placement.instance).target or ""
    runs = sighting is not None and sighting.unit is Unit.RUNNING and placement not in state.drained
    intent = HealIntended(placement, step, origin, goal, healing.attempts + 1, drains=runs)
    move = Move(placement.host, step, origin, goal, intent.attempt, estate.snapshot.now)
    return begun(heal_step(estate, healing, move, intent))
