"""A rollout's strategy in words, for people who are about to ask for it."""

from __future__ import annotations

from engine.model.change import Change
from engine.model.names import InstanceId
from engine.model.service import RolloutPolicy
from engine.plan.estate import Estate
from engine.plan.rollouts.stages import ALL, CANARY, outline
from engine.plan.times.windows import length_text


def strategy_text(estate: Estate, change: Change, instance: InstanceId) -> str:
    """How an instance would roll: ``canary 1, bake 5m; then domain eu-a (2), bake 5m; ...``; ""
    where it does so in one go."""
    found = outline(estate, instance, change.kind)
    if len(found) < 2 and not any(bake_s for _, _, bake_s in found):
        return ""
    service = estate.service(instance.service)
    policy = service.rollout if service else RolloutPolicy()
    parts = []
    for name, size, bake_s in found:
        part = f"{'the rest' if name == ALL and len(found) > 1 else name} ({size})"
        part += f", bake {length_text(bake_s)}" if bake_s else ""
        part += ", then a person promotes it" if name == CANARY and not policy.auto_promote else ""
        parts.append(part)
    return "; ".join(parts)
