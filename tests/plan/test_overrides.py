"""What an override lifts, for how long, and what nobody can lift."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.model.change import Change, Kind
from engine.model.consent import Override
from engine.model.inventory import Limits
from engine.model.wait import GATES, NEVER_OVERRIDDEN, Reason
from engine.plan.estate import Estate
from engine.plan.overrides import is_lifted, overridden
from tests.builders import T0, World, service, world


def lifted(made: World, change: Change, gate: str, seconds: float = 60) -> Change:
    """The change with one gate lifted from now on."""
    now = made.snapshot.now
    given = Override(gate, "sam", "urgent", now, now + timedelta(seconds=seconds))
    changed = replace(made.change(change), overrides=(given,))
    made.state = replace(made.state, changes={**made.state.changes, change.id: changed})
    return changed


def full_house() -> tuple[World, Change]:
    """One rollout runs, of one allowed; a second change waits."""
    made = world(service("a"), service("b"), limits=Limits(rollouts=1))
    made.deploy(a="2.0")
    made.settle()
    return made, made.deploy(b="2.0")


@pytest.mark.parametrize("gate", ["limit", "ConcurrencyLimit"])
def test_an_override_names_a_gate_or_one_reason_of_it(gate: str) -> None:
    made, change = full_house()
    assert made.settle() == []
    lifted(made, change, gate)
    assert [act.placement.service for act in made.settle()] == ["b"]


def test_an_expired_override_lifts_nothing() -> None:
    made, change = full_house()
    lifted(made, change, "limit", seconds=60)
    made.elapsed_s += 60
    assert made.settle() == []


def test_an_override_of_another_gate_lifts_nothing() -> None:
    made, change = full_house()
    lifted(made, change, "budget")
    assert made.settle() == []


@pytest.mark.parametrize("reason", sorted(NEVER_OVERRIDDEN))
def test_what_keeps_the_estate_whole_is_never_lifted(reason: Reason) -> None:
    made, change = full_house()
    for gate in (reason.value, GATES[reason]):
        assert overridden(Estate(made.snapshot), lifted(made, change, gate), reason) is None


@pytest.mark.parametrize("reason", sorted(Reason))
def test_a_way_back_skips_what_the_product_says_and_nothing_else(reason: Reason) -> None:
    made, change = full_house()
    back = replace(change, kind=Kind.ROLLBACK)
    gates = {"window", "freeze", "soak", "approval", "evidence", "alarm", "limit"}
    expected = GATES[reason] in gates or reason is Reason.DEPENDENCY_UNHEALTHY
    assert is_lifted(Estate(made.snapshot), back, reason) is expected


def test_approvals_are_bound_to_what_the_change_does() -> None:
    made = world(service("a"), service("b"))
    one = made.deploy(a="2.0")
    assert one.digest == replace(one, number=9, requested_by="bo", created=T0).digest
    assert one.digest != replace(one, items=(replace(one.items[0], goal="2.1"),)).digest
    assert one.digest != replace(one, environment="staging").digest
    other = replace(one.items[0].configuration, command="bin/other")
    assert one.digest != replace(one, items=(replace(one.items[0], configuration=other),)).digest
