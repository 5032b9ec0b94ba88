"""Which placements of a rollout move next. No more than ``max_parallel`` move at once; the number
unavailable stays within ``max_unavailable`` and the budgets of the environment and its domains, or
does not rise, whatever made them so: a host that does not answer counts. One placement at a time
moves on a host, and only hosts that answer and carry this engine's claim are touched.
Placements that are unhealthy already go first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.model.change import Kind, Move
from engine.model.event import MoveIntended
from engine.model.names import PlacementId
from engine.model.release import Artifact
from engine.model.service import Configuration
from engine.model.snapshot import Action, Execute
from engine.model.wait import Reason, Wait
from engine.plan.budget import Budgets
from engine.plan.care.drift import has_other_content
from engine.plan.care.upkeep import aside_wait, is_retired, shut
from engine.plan.deployed import former
from engine.plan.people.overrides import is_lifted
from engine.plan.rollouts.hooks import begun
from engine.plan.rollouts.prestage import is_staged
from engine.plan.rollouts.under_way import UnderWay

AS_IT_RAN = frozenset({Kind.ROLLBACK, Kind.RESTART, Kind.RETURN})


def next_batch(
    rollout: UnderWay, left: Iterable[PlacementId], busy: set[str], budgets: Budgets, *, back: bool
) -> tuple[list[Action], list[Wait]]:
    """Start as many of ``left`` as the budgets allow."""
    estate, waits = rollout.estate, list[Wait]()
    actions: list[Action] = []
    limit = rollout.policy.max_parallel.of(len(rollout.placements))
    moving = {placement.host for placement in budgets.moving(rollout.instance)}
    flying = len(moving | {move.host for move in rollout.in_flight})
    allowed = rollout.policy.may_be_unavailable(len(rollout.placements))
    unavailable = budgets.down(rollout.instance)
    down = len(unavailable)

    def goes_down(placement: PlacementId) -> bool:
        """Whether starting it raises the number unavailable; taking back a first installation
        ends with all of them down anyway."""
        return estate.available(placement) and not (back and rollout.origin_of(placement) is None)

    for placement in sorted(left, key=estate.available):
        wait = untouchable(rollout, placement, busy, back=back)
        if wait:
            waits.append(wait)
        elif flying >= limit:
            if not rollout.in_flight:
                message = (
                    f"{', '.join(sorted(moving))} of {rollout.instance} moves already; at most {limit} may at once"
                )
                waits.append(rollout.wait(Reason.BLAST_RADIUS, placement, message))
            break
        elif goes_down(placement) and down + 1 > allowed:
            if not actions and not rollout.in_flight:
                waits.append(no_room(rollout, placement, unavailable, allowed))
            break
        elif goes_down(placement) and (refused := _refusals(rollout, placement, budgets)):
            waits += refused
        else:
            down += goes_down(placement)
            budgets.begin(placement, falls=goes_down(placement))
            flying += 1
            busy.add(placement.host)
            actions.append(begun(execute(rollout, placement, back=back)))
    return actions, _each_once(waits)


def no_room(rollout: UnderWay, subject: object, unavailable: list[PlacementId], allowed: int) -> Wait:
    """The wait for the instance's own budget: too few hosts answer to keep it, or too much is ill."""
    total = len(rollout.placements)
    ill = ", ".join(placement.host for placement in unavailable)
    message = f"{len(unavailable)} of {total} are unavailable ({ill}); at most {allowed} may be"
    deaf = [placement.host for placement in unavailable if not rollout.estate.reachable(placement.host)]
    if not deaf or len(unavailable) - len(deaf) >= allowed:
        return rollout.wait(Reason.BLAST_RADIUS, subject, message)
    unblock = (
        f"mend {deaf[0]}, or set max_unavailable: {len(unavailable) + 1} in services.{rollout.item.service}.rollout"
    )
    message = f"too few hosts answer to keep the budget: {message}, and {', '.join(deaf)} does not answer"
    return rollout.wait(Reason.HOST_UNREACHABLE, subject, message, unblock)


def untouchable(
    rollout: UnderWay, placement: PlacementId, busy: set[str], *, back: bool = False, drains: bool = False
) -> Wait | None:
    """Why no step can begin on the placement's host now; None if one can. ``drains``: it is the
    host's maintenance itself."""
    aside = shut(rollout.estate, placement.host, back=back)
    if aside is not None and not drains and rollout.item.outage is None:  # one under way must come to its end
        return aside_wait(aside, placement, rollout.change.id)
    if not rollout.estate.reachable(placement.host):
        return rollout.unreachable(placement)
    host = rollout.estate.state.hosts[placement.host]
    if not host.fenced:
        reason = host.reason or "this engine's claim is not on it yet"
        return rollout.wait(Reason.HOST_UNREACHABLE, placement, f"{placement.host} is unfenced: {reason}")
    if placement.host in busy:
        return rollout.wait(Reason.HOST_BUSY, placement, f"another service moves on {placement.host} just now")
    return None


def _refusals(rollout: UnderWay, placement: PlacementId, budgets: Budgets) -> list[Wait]:
    """The budgets that keep a placement, which is available, from going down now."""
    if rollout.item.outage:
        return []  # budgets are lifted for exactly the services that an outage moves
    return [
        replace(rollout.wait(refusal.reason, rollout.instance, refusal.message, refusal.unblock), owner=refusal.owner)
        for refusal in budgets.refuse(placement)
        if not is_lifted(rollout.estate, rollout.change, refusal.reason)
    ]


def _each_once(waits: list[Wait]) -> list[Wait]:
    """The first wait of each budget for the whole instance: the next placements only repeat it."""
    kept: dict[tuple[Reason, str, str], Wait] = {}
    for wait in waits:
        kept.setdefault((wait.reason, wait.subject, wait.owner), wait)
    return list(kept.values())


def execute(rollout: UnderWay, placement: PlacementId, *, back: bool) -> Execute:
    """The move of one placement, with its intent."""
    item, change = rollout.item, rollout.change
    before = item.moves.get(placement.host)
    attempt = before.attempt + 1 if before and before.back is back else 1
    sighting = rollout.estate.state.sightings.get(placement)
    origin = (sighting.version or sighting.release) if sighting else None
    goal = rollout.origin_of(placement) if back else item.goal or None
    again = str(item.retries or "")
    step = step_name(rollout, placement, f"{again}{'b' if back else 'f'}{attempt}")
    intent = MoveIntended(change.id, item.service, placement.host, step, origin, goal, attempt, back)
    move = Move(placement.host, step, origin, goal, attempt, rollout.estate.snapshot.now, back)
    return execution(rollout, move, intent)


def step_name(rollout: UnderWay, placement: PlacementId, turn: str) -> str:
    """A name that no other step ever has: not on its host, which answers a name it knows with
    what it did under it; nor after a journal was put back that gives out its changes' numbers
    again, hence the epoch, which is above that of every host the engine has reached."""
    state = rollout.estate.state
    where = f"{placement.service}-{placement.host}"
    return f"{state.store[:12]}-{state.epoch}-{rollout.change.id}-{where}-{turn}"


def execution(rollout: UnderWay, move: Move, intent: MoveIntended | None) -> Execute:
    """What the runtime needs to carry out a move; without ``intent``, to take it up again."""
    artifact = _artifact(rollout, move)
    item, policy, service = rollout.item, rollout.policy, rollout.estate.service(rollout.item.service)
    placement = PlacementId(item.service, rollout.change.environment, move.host)
    anew = has_other_content(rollout.estate.state, placement, move.goal)
    configuration = _configuration(rollout, placement, move)
    return Execute(
        change=rollout.change.id,
        placement=placement,
        step=move.step,
        origin=move.origin,
        goal=move.goal,
        configuration=configuration,
        min_healthy_time_s=policy.min_healthy_time_s,
        healthy_deadline_s=policy.healthy_deadline_s,
        confirm_timeout_s=policy.confirm_timeout_s,
        artifact=artifact,
        staged=_is_brought(rollout, move, artifact) and not anew,
        keep=_is_kept(rollout, move),
        anew=anew and artifact is not None and _is_deployed(rollout, placement, artifact),
        former=former(rollout.estate.state, placement, configuration),
        drains=rollout.change.kind is Kind.DRAIN and not is_retired(rollout.estate, placement.host),
        intent=intent,
        keep_releases=service.keep_releases if service else 5,
    )


def _configuration(rollout: UnderWay, placement: PlacementId, move: Move) -> Configuration:
    """How the release is run; for a stop, how what is stopped was brought there."""
    item, state = rollout.item, rollout.estate.state
    stops = move.goal is None and (item.outage is not None or not move.back)
    deployed = state.deployed.get(placement) if stops else None
    if deployed is not None and deployed.configuration in state.configurations:
        return state.configurations[deployed.configuration]
    return (item.origin_configuration if move.back else None) or item.configuration


def _is_brought(rollout: UnderWay, move: Move, artifact: Artifact | None) -> bool:
    """Whether this very content was brought to the host ahead."""
    return not move.back and artifact is not None and is_staged(rollout.item, move.host, artifact.sha256)


def _is_deployed(rollout: UnderWay, placement: PlacementId, artifact: Artifact) -> bool:
    """Whether it is what was deployed there; only that takes the place of what runs under its name."""
    return rollout.estate.state.deployed[placement].sha256 == artifact.sha256


def _is_kept(rollout: UnderWay, move: Move) -> bool:
    """Whether it goes back to something of which nobody knows the digest (it was adopted): then
    what the host has under that name is what ran."""
    if move.back:
        return not rollout.item.origin_sha256
    return rollout.change.kind in AS_IT_RAN and not rollout.item.sha256


def _artifact(rollout: UnderWay, move: Move) -> Artifact | None:
    """The file to send if the host lacks the release: the very content that was accepted, or
    that ran before, never another one of the same name."""
    known = rollout.estate.snapshot.catalog.find(rollout.item.service, move.goal) if move.goal else None
    if known is None or not known.sha256:
        return None
    if move.back:
        return known if rollout.item.origin_sha256 in ("", known.sha256) else None
    return known if rollout.item.sha256 in ("", known.sha256) else None
