"""``plan(snapshot) -> Plan``: the whole decision, pure and in one sitting.

In this order: take up moves that were left without an outcome; adopt what runs already; judge
the queue; carry on with rollouts; close changes that are done; bring releases ahead. Whatever is not acted on waits
with its reason. The runtime records the decisions, folds them into the state and plans again
until nothing more is decided.
"""

from __future__ import annotations

from engine.model.change import Status
from engine.model.event import InstanceAdopted
from engine.model.snapshot import Action, Decide, Execute, Plan, RunHook, Snapshot
from engine.model.wait import Reason, Wait
from engine.plan.budget import Budgets
from engine.plan.care.heal_steps import take_up_heals
from engine.plan.care.healing import heals
from engine.plan.care.removing import advance_removal
from engine.plan.care.tending import tend
from engine.plan.estate import Estate
from engine.plan.later import going_on, is_at_rest
from engine.plan.outage import advance_together
from engine.plan.rollouts.batch import execution
from engine.plan.rollouts.closing import close
from engine.plan.rollouts.hooks import after, before, busy_hosts
from engine.plan.rollouts.once import taken_up
from engine.plan.rollouts.pinning import pins
from engine.plan.rollouts.prestage import prestage
from engine.plan.rollouts.rollout import advance
from engine.plan.rollouts.under_way import UnderWay
from engine.plan.soaking import soaks
from engine.plan.starts import starts
from engine.plan.unblocking import told_through

Part = tuple[list[Action], list[Wait]]


def plan(snapshot: Snapshot, previous: Plan | None = None) -> Plan:
    """What to do now, and why the rest waits. With a plan made of an earlier snapshot it says the
    same, sooner: what was found out about things to which nothing happened since is taken from there."""
    before = previous.estate if previous is not None else None
    known = before if isinstance(before, Estate) else None
    if known and previous and not (previous.actions or previous.waits) and is_at_rest(known, snapshot):
        return previous
    estate = going_on(known, snapshot) if known else Estate(snapshot)
    queue = starts(estate)
    behind = after(estate)
    parts: list[Part] = [
        _take_up(estate),
        behind,
        taken_up(estate),
        _adopt(estate),
        pins(estate),
        soaks(estate),
        _carry_on(estate, queue.overtaken, busy_hosts(estate, behind[0])),
        close(estate),
        (queue.actions, queue.waits),
    ]
    actions: list[Action] = []
    waits: list[Wait] = []
    for more, why in parts:
        waits += why
        if not any(isinstance(action, Decide) for action in actions):
            actions += more  # else it judged what a decision before it has changed: next round
    if not any(isinstance(action, Decide) for action in actions):
        begun = {act.placement.host for act in actions if isinstance(act, (Execute, RunHook))}
        actions += prestage(estate, waits, begun)
    return Plan(tuple(actions), tuple(told_through(estate, waits)), estate)


def _take_up(estate: Estate) -> Part:
    """Moves in flight that nobody carries out: a crash or a lost link left them. The host
    keeps the result under the step's name, so doing them again does nothing twice."""
    actions: list[Action] = []
    waits: list[Wait] = []
    for change, item, move in estate.state.moves_in_flight():
        if move.step in estate.snapshot.executing:
            continue
        rollout = UnderWay(estate, change, item)
        action = execution(rollout, move, None)
        if (hooks := before(estate, change, move, action)) is not None:
            actions += hooks[0]
            waits += hooks[1]
        elif move.host not in estate.inventory.hosts or not estate.reachable(move.host):
            waits.append(rollout.unreachable(action.placement))
        elif not estate.state.hosts[move.host].fenced:
            reason = estate.state.hosts[move.host].reason or "this engine has not claimed it yet"
            message = f"{move.host} is unfenced: {reason}"
            waits.append(rollout.wait(Reason.HOST_UNREACHABLE, action.placement, message))
        else:
            actions.append(action)
    more, why = take_up_heals(estate)
    return actions + more, waits + why


def _adopt(estate: Estate) -> Part:
    """First contact: where one version runs everywhere and nothing was ever asked for, that
    version is target and desired. It moves nothing."""
    actions: list[Action] = []
    for instance in sorted(estate.untold):
        if estate.items.get(instance):
            continue
        sightings = [estate.state.sightings.get(p) for p in estate.inventory.placements(instance)]
        versions = {sighting.version if sighting else None for sighting in sightings}
        version = versions.pop()
        if not versions and version is not None:
            configuration = estate.inventory.services[instance.service].configuration
            hosts = tuple(placement.host for placement in estate.placements(instance))
            actions.append(Decide(InstanceAdopted(instance, version, configuration, hosts)))
    return actions, []


def _carry_on(estate: Estate, overtaken: set[tuple[str, str]], hooked: set[str]) -> Part:
    """The next steps of every rollout under way, in the order of the queue; one placement at a
    time on a host, and within the budgets, over all of them; then what drifted, in what is left."""
    busy, budgets = set(estate.moving) | hooked, Budgets(estate)
    actions, waits = tend(estate, busy, budgets)
    for change, item in estate.state.rollouts():
        if change.is_tended:
            continue
        rollout = UnderWay(estate, change, item)
        stop = (change.id, item.service) in overtaken or rollout.is_out_of_date
        if item.outage:
            more, why = advance_together(rollout, busy, budgets)
        elif item.goal or item.status is Status.REVERTING:
            more, why = advance(rollout, busy, budgets, stop=stop)
        else:
            more, why = advance_removal(rollout, busy, stop=stop)
        actions += more
        waits += why
    more, why = heals(estate, busy, budgets)
    return actions + more, waits + why
