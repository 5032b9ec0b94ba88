"""A change that five things hold at once: why names these and nothing else, in the order in which they
clear, and each is gone as soon as it has."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

from engine.model.change import Change, Status
from engine.model.consent import ApprovalPolicy
from engine.model.event import ChangeHeld, ChangeReleased
from engine.model.request import Approve, Deploy
from engine.model.scope import Scope
from engine.model.wait import Reason
from engine.model.window import Entry, Freeze, Hours, Schedule, WindowPolicy
from engine.plan.requests import judge
from engine.plan.why import Why, why
from tests.builders import T0, World, service, world
from tests.plan.asking import ask, with_policies, with_teams

HOUR = timedelta(hours=1)  # T0 is 09:00 UTC
NAMED = [  # reason, when it clears, who imposed it; in the order in which they clear
    (Reason.NOT_BEFORE, T0 + HOUR, "ana"),
    (Reason.WINDOW_CLOSED, T0 + 2 * HOUR, "policies.windows.afternoons"),
    (Reason.FREEZE, T0 + 3 * HOUR, "policies.freezes.peak"),
]


def held() -> tuple[World, Change]:
    """pay waits for a time, a window, the end of a freeze, a hold and an approval; two windows, a freeze
    that is over and a policy for others are no causes."""
    made = world(service("pay"), service("web"))
    made.inventory = with_teams(made.inventory, security=("ana", "bo"))
    late = Schedule((Entry(UTC, hours=(Hours(11 * 3600, 20 * 3600),)),))
    with_policies(
        made,
        windows={name: WindowPolicy(name, each) for name, each in (("afternoons", late), ("always", Schedule()))},
        freezes={
            "peak": Freeze("peak", T0 - HOUR, T0 + 3 * HOUR),
            "over": Freeze("over", T0 - 2 * HOUR, T0 - HOUR),
            "others": Freeze("others", T0 - HOUR, T0 + 9 * HOUR, Scope(services=("web",))),
        },
        approvals=(ApprovalPolicy("pci", Scope(), 1, ("team:security",), True),),
    )
    made.record(*judge(made.snapshot, Deploy("ana", "prod", {"pay": "2.0"}, not_before=T0 + HOUR))[0])
    change = made.state.changes["1"]
    made.record(ChangeHeld(change.id, "bo"))
    return made, change


def asked(made: World, change: Change) -> Why:
    return why(made.snapshot, made.plan(), change.id)


def test_why_names_exactly_the_five_in_the_order_in_which_they_clear() -> None:
    made, change = held()
    found = asked(made, change)
    assert [(wait.reason, wait.until, wait.owner) for wait in found.waits[:3]] == NAMED
    assert {(wait.reason, wait.until, wait.owner) for wait in found.waits[3:]} == {
        (Reason.HELD, None, "bo"),
        (Reason.APPROVAL_REQUIRED, None, "policies.approvals.pci"),
    }
    assert len(found.waits) == 5
    assert found.action in {
        f"interlock release {change.id}",
        f"interlock approve {change.id}  # bo, but not ana, who asked for it",
    }


def test_each_is_gone_when_it_clears_and_the_change_goes_with_the_last() -> None:
    made, change = held()
    ask(made, Approve("bo", change.id))
    assert [wait.reason for wait in asked(made, change).waits] == [*(row[0] for row in NAMED), Reason.HELD]
    assert asked(made, change).action == f"interlock release {change.id}"
    made.record(ChangeReleased(change.id, "bo"))
    for number, (_, until, _) in enumerate(NAMED):
        made.elapsed_s = (until - T0).total_seconds() - 1
        assert [wait.reason for wait in asked(made, change).waits] == [row[0] for row in NAMED[number:]]
        assert made.settle() == []
        made.elapsed_s += 1
    assert [act.placement.service for act in made.settle()] == ["pay"]
    assert replace(made.change(change), status=Status.RUNNING).status is made.change(change).status
