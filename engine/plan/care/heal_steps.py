"""The step of one heal: what the runtime needs to carry it out, and to take it up again."""

from __future__ import annotations

from engine.model.change import Move
from engine.model.healing import Healing, HealIntended
from engine.model.release import Artifact
from engine.model.service import RolloutPolicy
from engine.model.snapshot import Action, Execute
from engine.model.wait import Reason, Wait
from engine.plan.care.drift import has_other_content
from engine.plan.deployed import configuration_at
from engine.plan.estate import Estate
from engine.plan.rollouts.hooks import before


def wait_of(estate: Estate, healing: Healing, reason: Reason, message: str, unblock: str = "") -> Wait:
    """A wait of one heal."""
    service = estate.service(healing.placement.service)
    owner = service.team if service else ""
    said = f"{healing.placement} differs ({', '.join(healing.differs)}): {message}"
    return Wait(reason, str(healing.placement), said, owner=owner, unblock=unblock)


def policy_of(estate: Estate, name: str) -> RolloutPolicy:
    """How a service is to move."""
    service = estate.service(name)
    return service.rollout if service else RolloutPolicy()


def artifact_of(estate: Estate, healing: Healing) -> Artifact | None:
    """The file to send where the host lacks the release: the very content that was deployed, or,
    where nobody knows that (it was adopted), the one of that version."""
    instance, deployed = healing.placement.instance, estate.state.deployed.get(healing.placement)
    target = estate.known(instance).target
    known = estate.snapshot.catalog.find(instance.service, target) if target else None
    if known is None or not known.sha256:
        return None
    return known if deployed is None or deployed.sha256 in ("", known.sha256) else None


def heal_step(estate: Estate, healing: Healing, move: Move, intent: HealIntended | None) -> Execute:
    """What the runtime needs to carry out a heal; without ``intent``, to take it up again."""
    placement, policy = healing.placement, policy_of(estate, healing.placement.service)
    configuration, deployed = configuration_at(estate.state, placement), estate.state.deployed.get(placement)
    if configuration is None:
        raise ValueError(f"{placement} is to be healed and nothing was ever deployed there")
    return Execute(
        change="",
        placement=placement,
        step=move.step,
        origin=move.origin,
        goal=move.goal,
        configuration=configuration,
        min_healthy_time_s=policy.min_healthy_time_s,
        healthy_deadline_s=policy.healthy_deadline_s,
        confirm_timeout_s=policy.confirm_timeout_s,
        artifact=artifact_of(estate, healing),
        keep=deployed is None or not deployed.sha256,
        anew=has_other_content(estate.state, placement, move.goal),
        drains=intent.drains if intent else healing.drains,
        intent=intent,
    )


def take_up_heals(estate: Estate) -> tuple[list[Action], list[Wait]]:
    """Heals in flight that nobody carries out: a crash or a lost link left them."""
    actions: list[Action] = []
    waits: list[Wait] = []
    for healing, move in estate.state.heals_in_flight():
        if move.step in estate.snapshot.executing:
            continue
        known = estate.state.hosts.get(move.host)
        act = heal_step(estate, healing, move, None)
        if (hooks := before(estate, healing, move, act)) is not None:
            actions += hooks[0]
            waits += hooks[1]
        elif move.host in estate.inventory.hosts and estate.reachable(move.host) and known and known.fenced:
            actions.append(act)
        else:
            reason = known.reason if known and known.reason else "it does not answer, or is not claimed yet"
            message = f"a heal is at work on {move.host}, whose outcome is not known: {reason}"
            waits.append(wait_of(estate, healing, Reason.HOST_UNREACHABLE, message, f"interlock probe {move.host}"))
    return actions, waits
