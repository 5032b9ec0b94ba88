"""A preview tells the order that versions force apart from the one that is only preferred."""

from __future__ import annotations

from engine.model.request import Deploy
from engine.plan.preview import preview
from tests.builders import service, world
from tests.plan.outages import NEW, in_lockstep


def test_a_preference_is_no_constraint() -> None:
    made = world(service("web", ("ledger", ">=1")), service("till", ("ledger", ">=2", ">=2")), service("ledger"))
    steps = {
        step.service: step
        for step in preview(made.snapshot, Deploy("ana", "prod", {"web": "2.0", "till": "2.0", "ledger": "2.0"})).steps
    }
    assert (steps["till"].after, steps["till"].rather_after) == (("ledger",), ())
    assert (steps["web"].after, steps["web"].rather_after) == ((), ("ledger",))
    assert not any(step.in_lockstep for step in steps.values())


def test_members_of_a_lockstep_have_no_order() -> None:
    steps = preview(in_lockstep().snapshot, Deploy("ana", "prod", NEW)).steps
    assert [(step.service, step.after, step.in_lockstep) for step in steps] == [
        ("checkout", ("ledger",), True),
        ("ledger", ("checkout",), True),
    ]
