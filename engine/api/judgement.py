"""Previews and explanations in the shapes of the protocol: what would happen, and what holds
something now."""

from __future__ import annotations

from engine.api.outages import outage_view
from engine.api.protocol import BranchView, BridgeView, LockstepPair, LockstepView, PlanView, StepView, WhyView
from engine.api.views import wait_view
from engine.model.request import Deploy, Rollback
from engine.model.snapshot import Plan, Snapshot
from engine.model.text import first_line, printable
from engine.plan.preview import Step, preview
from engine.plan.sequencing.sequence import Clash
from engine.plan.sequencing.trials import Leg
from engine.plan.sequencing.violations import sentence
from engine.plan.why import why


def plan_view(snapshot: Snapshot, wanted: Deploy | Rollback) -> PlanView:
    """What would happen if ``wanted`` were asked now."""
    found = preview(snapshot, wanted)
    return {
        "steps": [_step(step) for step in found.steps],
        "waits": [wait_view(wait) for wait in found.waits],
        "lockstep": [
            LockstepView(services=list(services), pairs=[_pair(clash) for clash in clashes])
            for services, clashes in found.locksteps
        ],
        "bridge": [_leg(leg) for leg in found.bridge],
        "bridge_given_up": found.bridge_given_up,
        "outage": [outage_view(facing) for facing in found.outages],
        "chain": [_leg(leg) for leg in found.chain],
        "violations": [printable(sentence(clash)) for clash in found.violations],
        "notes": [printable(note) for note in found.notes],
        "refused": printable(found.refused),
        "touches": list(found.touches),
    }


def _step(step: Step) -> StepView:
    return {
        "order": step.rank,
        "service": step.service,
        "from": step.origin,
        "to": printable(step.goal),
        "after": sorted(step.after),
        "rather_after": sorted(step.rather_after),
        "in_lockstep": step.in_lockstep,
        "environment": step.environment,
        "configuration": step.reconfigures,
        "strategy": printable(step.strategy),
        "start": None,
        "end": None,
    }


def _leg(leg: Leg) -> BridgeView:
    return {"environment": leg.environment, "service": leg.service, "from": leg.origin, "to": printable(leg.goal)}


def _pair(clash: Clash) -> LockstepPair:
    return {
        "consumer": clash.consumer,
        "consumer_version": clash.consumer_version,
        "provider": clash.provider,
        "provider_version": clash.provider_version,
        "needs": clash.need.version,
    }


def why_view(snapshot: Snapshot, plan: Plan, subject: str) -> WhyView:
    """What holds ``subject``, and the one command that would move it most."""
    found = why(snapshot, plan, subject)
    return {
        "subject": subject,
        "answer": first_line(found.answer),
        "waits": [wait_view(wait) for wait in found.waits],
        "chain": [BranchView(depth=branch.depth, wait=wait_view(branch.wait)) for branch in found.chain],
        "action": printable(found.action),
    }
