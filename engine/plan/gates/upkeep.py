"""Gates of hosts that people took aside, and of services that others still need."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.names import InstanceId
from engine.model.version import satisfies
from engine.model.wait import Reason, Wait
from engine.plan.care.upkeep import aside_wait, shut
from engine.plan.estate import Estate
from engine.plan.gates.case import Case
from engine.plan.rollouts.under_way import UnderWay


def aside(case: Case) -> Iterator[Wait]:
    """Every host on which something would have to move is cordoned or drained."""
    rollout = UnderWay(case.estate, case.change, case.item)
    waits: list[Wait] = []
    for placement in rollout.placements:
        if rollout.is_at_goal(placement):
            continue
        found = shut(case.estate, placement.host)
        if found is None:
            return
        waits.append(aside_wait(found, placement, case.change.id))
    yield from waits


def needed(case: Case) -> Iterator[Wait]:
    """What is to be removed is needed by something that may be running."""
    for sentence in needed_by(case.estate, case.instance):
        unblock = f"interlock remove {sentence.split()[0]}@{case.change.environment}"
        yield case.wait(Reason.DEPENDENT_INCOMPATIBLE, sentence, unblock=unblock)


def needed_by(estate: Estate, instance: InstanceId) -> Iterator[str]:
    """A sentence for each consumer in the environment whose running versions need the instance."""
    for name in estate.consumers.get(instance.service, ()):
        consumer, declared = InstanceId(name, instance.environment), estate.service(name)
        if declared is None or name == instance.service:
            continue
        for version in sorted(estate.may_run(consumer)):
            if any(
                need.provider == instance.service and (not need.when or satisfies(declared.scheme, version, need.when))
                for need in declared.needs
            ):
                yield f"{name} {version} runs in {instance.environment} and needs {instance.service}"
                break
