"""How the services of a lockstep move on once they have begun together: those that need others
are stopped, the others move, and what was stopped starts at its new version. If anything of it
fails, everything goes back in reverse, each placement to what it ran.

All of it is told from what runs and what was moved, never from a counter of phases: after a
crash, a pause or a lost host the same questions give the same next step.
"""

from __future__ import annotations

from engine.model.change import Status
from engine.model.snapshot import Action
from engine.model.wait import Wait
from engine.plan.budget import Budgets
from engine.plan.outage.back import go_back
from engine.plan.outage.forward import go_on
from engine.plan.outage.party import Party
from engine.plan.rollouts.under_way import UnderWay

__all__ = ["advance_together"]


def advance_together(rollout: UnderWay, busy: set[str], budgets: Budgets) -> tuple[list[Action], list[Wait]]:
    """What to do next for one service of an outage, and why the rest of it waits; as
    ``rollout.advance`` does for a rollout of its own. Nothing newer takes it over half way."""
    party = Party.of(rollout)
    if rollout.item.status is Status.REVERTING:
        return go_back(party, rollout, busy, budgets)
    return go_on(party, rollout, busy, budgets)
