"""What an override lifts, for how long, and what nobody can lift."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.model.change import Change, Kind
from engine.model.consent import Override, OverridePolicy
from engine.model.inventory import Limits
from engine.model.request import Cancel, Hold, OverrideGate
from engine.model.wait import GATES, NEVER_OVERRIDDEN, Reason
from engine.plan.estate import Estate
from engine.plan.people.letting_loose import lets_loose
from engine.plan.people.overrides import is_lifted, overridden
from tests.builders import T0, World, service, world
from tests.plan.asking import ask, refused, with_policies, with_teams


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


POLICY = OverridePolicy(("limit", "Held"), ("team:sre", "kim"), 3600)


def asked(made: World, change: Change, gate: str = "limit", for_s: float | None = None) -> OverrideGate:
    return OverrideGate("sam", change.id, gate, "incident 12", for_s)


def policed() -> tuple[World, Change]:
    """As ``full_house``; sam is of the team that may lift limits."""
    made, change = full_house()
    made.inventory = with_teams(made.inventory, sre=("sam", "tom"))
    return with_policies(made, overrides=POLICY), change


@pytest.mark.parametrize("gate", ["limit", "ConcurrencyLimit", "concurrencylimit", "LIMIT"])
def test_an_override_is_granted_for_as_long_as_the_policy_allows(gate: str) -> None:
    made, change = policed()
    assert "until 2026-11-24 10:00:00 UTC" in ask(made, asked(made, change, gate))
    assert [act.placement.service for act in made.settle()] == ["b"]
    (given,) = made.change(change).overrides
    assert (given.by, given.reason, given.until - given.at) == ("sam", "incident 12", timedelta(hours=1))


def test_a_single_reason_of_a_policy_lifts_no_more_than_itself() -> None:
    made, change = policed()
    assert "does not name hold; it names limit, Held" in refused(made, asked(made, change, "hold"))
    ask(made, asked(made, change, "Held"))


def test_an_override_ends_by_itself() -> None:
    made, change = policed()
    ask(made, asked(made, change, for_s=60))
    made.elapsed_s += 61
    assert made.settle() == []


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (OverrideGate("ana", "2", "limit", "x"), "ana may not override limit; team:sre (sam, tom) or kim may"),
        (OverrideGate("sam", "2", "budget", "x"), "policies.overrides does not name budget; it names limit, Held"),
        (OverrideGate("sam", "2", "limit", "x", 7200), "at most 1h (policies.overrides.max), not 2h"),
        (OverrideGate("sam", "2", "limit", "x", 0), "more than 0"),
        (OverrideGate("sam", "2", "limit", " "), "say why"),
        (OverrideGate("sam", "2", "limt", "x"), "no gate or reason is called 'limt'; did you mean limit?"),
        (OverrideGate("sam", "9", "limit", "x"), "there is no change 9"),
        (OverrideGate("sam", "2", "dependency", "x"), "dependency can never be overridden"),
        (OverrideGate("sam", "2", "Lockstep", "x"), "Lockstep can never be overridden"),
        (OverrideGate("sam", "2", "HostBusy", "x"), "HostBusy can never be overridden"),
        (OverrideGate("sam", "2", "artifact", "x"), "artifact can never be overridden"),
        (OverrideGate("sam", "2", "BadVersion", "x"), "BadVersion can never be overridden"),
    ],
)
def test_a_refusal_says_who_could_or_why_nobody_can(request_: OverrideGate, said: str) -> None:
    made, _ = policed()
    assert said in refused(made, request_)


def test_without_a_policy_nobody_may_override() -> None:
    made, change = full_house()
    assert "no policy lets anybody override" in refused(made, asked(made, change))


def test_what_is_over_is_held_by_no_gate() -> None:
    made, change = policed()
    ask(made, Cancel("ana", change.id))
    assert "no gate holds it" in refused(made, asked(made, change))


def test_the_preview_says_what_it_would_let_loose_and_changes_nothing() -> None:
    made, change = policed()
    found = lets_loose(made.snapshot, asked(made, change))
    assert [(wait.change, wait.reason) for wait in found.lifts] == [(change.id, Reason.CONCURRENCY_LIMIT)]
    assert made.change(change).overrides == ()


def test_the_preview_names_what_starts_and_what_still_holds_it() -> None:
    made, change = policed()
    found = lets_loose(made.snapshot, asked(made, change))
    assert (found.starts, found.still) == ((("2", "b", "2.0"),), ())
    ask(made, Hold("ana", change.id))
    found = lets_loose(made.snapshot, asked(made, change))
    assert found.starts == ()
    assert [wait.reason for wait in found.still] == [Reason.HELD]
    assert "may not override" in lets_loose(made.snapshot, OverrideGate("ana", "2", "limit", "x")).refused
