"""The gates of consent: approvals by the right people, of exactly these items, and evidence.
They concern the change as a whole: one item that a policy names holds all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.model.change import Change
from engine.model.consent import ApprovalPolicy
from engine.model.inventory import Inventory
from engine.model.pattern import matches
from engine.model.role import Role
from engine.model.scope import Scope
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate
from engine.plan.gates.case import Case
from engine.plan.people.authority import ANYBODY, able, may
from engine.plan.people.membership import in_words, people


def approval(case: Case) -> Iterator[Wait]:
    """Fewer approvals than a policy wants, from those whom it names."""
    change, inventory = case.change, case.estate.inventory
    for policy in approval_policies(case.estate, change):
        given = counted(inventory, policy, change, case.estate.snapshot.now)
        missing = policy.count - len(given)
        if missing <= 0:
            continue
        so_far = f"approved by {', '.join(given)}" if given else "nobody has approved it"
        message = (
            f"approvals.{policy.name} wants {policy.count} from {in_words(inventory, policy.givers)}"
            f"{', never the requester' if policy.four_eyes else ''}; {so_far}, {missing} missing"
        )
        stale = [given.by for given in change.approvals if given.digest != change.digest]
        if stale:
            message += f"; what {', '.join(stale)} approved has changed since"
        for each in change.approvals:
            if each.by in stale:
                continue
            if policy.is_over(each, case.estate.snapshot.now):
                message += f"; the approval of {each.by} ended at {policy.end_of(each):%Y-%m-%d %H:%M} UTC"
            elif why := why_not(inventory, policy, change, each.by):
                message += f"; the approval of {each.by} does not count: {why}"
        owner = f"policies.approvals.{policy.name}"
        yield case.wait(Reason.APPROVAL_REQUIRED, message, owner, _who_to_ask(case.estate, policy, change))


def _who_to_ask(estate: Estate, policy: ApprovalPolicy, change: Change) -> str:
    """The command, and who may give it: those whose approval would count and is still missing."""
    inventory, command = estate.inventory, f"interlock approve {change.id}"
    but = f", but not {change.requested_by}, who asked for it" if policy.four_eyes else ""
    givers = people(inventory, policy.givers) or able(estate, Role.APPROVER, map(change.instance, change.items))
    if ANYBODY in givers:
        return f"{command}  # anybody{but}"
    given = counted(inventory, policy, change, estate.snapshot.now)
    left = [who for who in givers if who not in given and not why_not(inventory, policy, change, who)]
    if left:
        return f"{command}  # {' or '.join(left)}{but if change.requested_by in givers else ''}"
    return f"nobody who may approve it is left: name more people in policies.approvals.{policy.name} or in roles"


def evidence(case: Case) -> Iterator[Wait]:
    """A policy asks for evidence that the change lacks."""
    change = case.change
    for policy in case.estate.inventory.evidence:
        if not _covers(case.estate, policy.scope, change):
            continue
        value = change.evidence.get(policy.key)
        if value is not None and matches(policy.pattern, value):
            continue
        found = f"has {value!r}, which is none" if value is not None else "has none"
        message = f"evidence.{policy.name} asks for {policy.key} like {policy.pattern}; the change {found}"
        what = " ".join(f"{item.service}={item.goal}" for item in change.items)
        unblock = f"interlock deploy {what} -e {change.environment} --evidence {policy.key}=VALUE"
        yield case.wait(Reason.EVIDENCE_REQUIRED, message, f"policies.evidence.{policy.name}", unblock)


def approval_policies(estate: Estate, change: Change) -> tuple[ApprovalPolicy, ...]:
    """The policies that ask for approvals of a change."""
    return tuple(policy for policy in estate.inventory.approvals if _covers(estate, policy.scope, change))


def counted(inventory: Inventory, policy: ApprovalPolicy, change: Change, now: datetime) -> tuple[str, ...]:
    """Whose approvals count for a policy: of these very items, by the right people, not too long ago."""
    return tuple(
        given.by
        for given in change.approvals
        if given.digest == change.digest
        and not policy.is_over(given, now)
        and why_not(inventory, policy, change, given.by) == ""
    )


def why_not(inventory: Inventory, policy: ApprovalPolicy, change: Change, person: str) -> str:
    """Why a person's approval would not count for a policy, as a sentence; "" if it would."""
    who = in_words(inventory, policy.givers)
    if policy.four_eyes and person == change.requested_by:
        return f"{person} requested change {change.id}, and approvals.{policy.name} wants other eyes: {who}"
    if policy.givers and person not in people(inventory, policy.givers):
        return f"{person} is not among those whom approvals.{policy.name} names: {who}"
    if not all(may(inventory, person, Role.APPROVER, change.instance(item)) for item in change.items):
        return f"{person} may not approve change {change.id}: roles of the inventory say so"
    return ""


def _covers(estate: Estate, scope: Scope, change: Change) -> bool:
    services = (estate.service(item.service) for item in change.items)
    return any(service is not None and scope.covers(service, change.environment) for service in services)
