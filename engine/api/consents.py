"""What people gave to a change, and which versions are bad, in the shapes of the protocol."""

from __future__ import annotations

from engine.api.moment import Moment
from engine.api.protocol import ApprovalView, BadView, GivenOverrideView
from engine.api.times import when
from engine.model.change import Change
from engine.model.names import InstanceId
from engine.model.text import first_line, printable
from engine.plan.gates.consent import approval_policies
from engine.plan.people.bad import bad_versions


def approval_views(moment: Moment, change: Change) -> list[ApprovalView]:
    """Every approval, whether it is of the change as it is now, and until when it counts for the
    strictest policy that asks for it."""
    policies = approval_policies(moment.estate, change)
    return [
        {
            "by": printable(given.by),
            "at": when(given.at),
            "current": given.digest == change.digest,
            "until": when(min((end for policy in policies if (end := policy.end_of(given))), default=None)),
            "over": any(policy.is_over(given, moment.snapshot.now) for policy in policies),
        }
        for given in change.approvals
    ]


def override_views(moment: Moment, change: Change) -> list[GivenOverrideView]:
    """Every override, and whether it still holds."""
    return [
        {
            "gate": given.gate,
            "by": printable(given.by),
            "reason": printable(given.reason),
            "until": when(given.until),
            "active": moment.snapshot.now < given.until,
        }
        for given in change.overrides
    ]


def bad_views(moment: Moment, instance: InstanceId) -> list[BadView]:
    """The versions that must not be deployed to an instance."""
    return [
        {
            "version": printable(bad.version),
            "environment": where.environment,
            "reason": first_line(bad.reason),
            "by": printable(bad.by),
            "at": when(bad.at),
            "change": bad.change,
        }
        for where, bad in bad_versions(moment.estate, instance)
    ]
