"""Rollout strategies beside what is down: hosts that do not answer, gates, windows, forecasts; and,
over random estates, what must hold whatever fails."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InterlockError
from engine.model.change import FINAL, MoveState, Status
from engine.model.maintenance import Drain, Uncordon
from engine.model.names import PlacementId
from engine.model.observation import Health
from engine.model.request import Deploy, Pause, Promote, Resume
from engine.model.service import Amount, RolloutPolicy
from engine.model.snapshot import Execute
from engine.model.wait import Reason
from engine.plan.durations import batches, rollout_s
from engine.plan.estate import Estate
from engine.plan.forecast import forecast
from engine.plan.preview import preview
from tests.builders import World, down, seen, service, up, without, world
from tests.plan.reading import reasons, standing
from tests.plan.strategic import DOMAINS, WEB, ask, done, finish, ill, spread, wait_of


def test_one_host_that_does_not_answer_stops_nobody_while_the_budget_has_room() -> None:
    made = spread(RolloutPolicy(max_unavailable=Amount(2)))
    down(made, "b1")
    change = made.deploy(web="2.0")
    assert done(made) == ["a1", "a2", "b2", "c1", "c2"]
    assert made.change(change).status is Status.RUNNING
    assert reasons(made) == {Reason.HOST_UNREACHABLE}
    assert Estate(made.snapshot).rolling(WEB) is None
    up(made, "b1")
    assert done(made) == ["b1"]
    assert made.change(change).status is Status.SUCCEEDED


def test_without_room_it_waits_for_the_host_before_it_starts_and_blocks_nobody() -> None:
    made = world(service("web", ("db", ""), hosts=["w1", "w2"]), service("db"))
    down(made, "w1")
    held = made.deploy(web="2.0")
    assert made.settle() == []
    wait = wait_of(made, Reason.HOST_UNREACHABLE)
    assert "too few hosts answer to keep the budget: 1 of 2 are unavailable (w1); at most 1 may be" in wait.message
    assert wait.unblock == "mend w1, or set max_unavailable: 2 in services.web.rollout"
    other = made.deploy(db="2.0")
    assert len(done(made)) == 2
    assert made.change(other).status is Status.SUCCEEDED
    assert made.change(held).status is Status.WAITING
    up(made, "w1")
    assert done(made) == ["w1", "w2"]


def test_a_rollout_that_loses_a_host_on_its_way_lets_its_neighbours_go_and_goes_on_after_them() -> None:
    made = world(service("web", ("db", ""), hosts=["w1", "w2", "w3"]), service("db"))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.elapsed_s += 1
    down(made.finish(act), "w3")
    assert made.settle() == []
    assert reasons(made) == {Reason.HOST_UNREACHABLE}
    made.elapsed_s += 1
    made.deploy(db="2.0")
    assert len(done(made)) == 2
    up(made, "w3")
    assert done(made) == ["w2", "w3"]
    assert made.change(change).status is Status.SUCCEEDED


def test_the_last_stage_bakes_once_more_for_what_came_back_late() -> None:
    made = spread(RolloutPolicy(bake_s=60.0, max_parallel=Amount(6)))
    down(made, "b1")
    change = made.deploy(web="2.0")
    assert len(done(made)) == 5
    assert standing(made, "web") == "baking"
    made.elapsed_s += 60
    assert done(made) == []
    assert (standing(made, "web"), reasons(made)) == ("rolling", {Reason.HOST_UNREACHABLE})
    up(made, "b1")
    assert done(made) == ["b1"]
    assert standing(made, "web") == "baking"
    made.elapsed_s += 60
    made.settle()
    assert made.change(change).status is Status.SUCCEEDED


def test_the_progress_clock_stands_still_while_a_gate_holds_it() -> None:
    made = spread(RolloutPolicy(progress_deadline_s=600.0))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    catalog = made.catalog
    made.finish(act)
    without(made, "web", "2.0")
    assert made.settle() == []
    assert Reason.ARTIFACT_MISSING in reasons(made)
    made.elapsed_s += 5000
    made.settle()
    made.catalog = catalog
    ill(made, "a1")
    made.settle()
    made.elapsed_s += 599
    made.settle()
    assert made.change(change).status is Status.RUNNING
    made.elapsed_s += 2
    made.settle()
    assert made.change(change).item("web").status is Status.REVERTING
    assert "no progress within 600 s" in made.change(change).item("web").failure


def test_durations_and_forecasts_count_batches_and_bakes() -> None:
    policy = RolloutPolicy(canary=Amount(1), bake_s=600.0, domain_order=DOMAINS, max_parallel=Amount(2))
    made = spread(policy)
    change = made.deploy(web="2.0")
    estate = Estate(made.snapshot)
    assert batches(estate, WEB) == 4  # the canary, the rest of its domain, and two domains
    total_s = rollout_s(estate, change, change.items[0])
    assert total_s > 4 * 600
    (foreseen,) = forecast(made.snapshot).changes
    assert foreseen.end is not None
    assert abs((foreseen.end - made.snapshot.now).total_seconds() - total_s) < 1
    done(made)
    made.elapsed_s += 300
    (later,) = forecast(made.snapshot).changes
    assert later.end is not None
    assert 2000 < (later.end - made.snapshot.now).total_seconds() < total_s - 300 + 60


def test_the_forecast_has_no_end_for_a_canary_that_awaits_promotion() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), auto_promote=False))
    made.deploy(web="2.0")
    done(made)
    (foreseen,) = forecast(made.snapshot).changes
    assert (foreseen.end, foreseen.held) == (None, "PromotionRequired")


def test_a_preview_tells_the_strategy() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), bake_s=300.0, auto_promote=False, domain_order=DOMAINS))
    (step,) = preview(made.snapshot, Deploy("ana", "prod", {"web": "2.0"})).steps
    assert step.strategy == (
        "canary (1), bake 5m, then a person promotes it; domain a (1), bake 5m; domain b (2), bake 5m; "
        "domain c (2), bake 5m"
    )


@st.composite
def policies(draw: st.DrawFn) -> RolloutPolicy:
    """Any strategy."""
    order = draw(st.sampled_from([(), (), DOMAINS, ("b", "a"), ("eu",)]))
    return RolloutPolicy(
        max_parallel=Amount(draw(st.integers(1, 4))),
        max_unavailable=draw(st.none() | st.integers(1, 4).map(Amount)),
        canary=Amount(draw(st.integers(0, 3))),
        auto_promote=draw(st.booleans()),
        bake_s=draw(st.sampled_from([0.0, 10.0])),
        domain_order=order,
        first_domain_bake_s=draw(st.sampled_from([None, 30.0])) if order else None,
        max_failures=Amount(draw(st.integers(0, 3))),
        auto_revert=draw(st.booleans()),
        progress_deadline_s=120.0,
    )


def unavailable(made: World) -> set[str]:
    estate = Estate(made.snapshot)
    return {p.host for p in estate.placements(WEB) if not estate.available(p)}


@settings(max_examples=120, deadline=None)
@given(policies(), st.integers(0, 2**32))
def test_never_more_unavailable_than_the_budget_and_one_domain_at_a_time(policy: RolloutPolicy, seed: int) -> None:
    made, chance, flying = spread(policy), random.Random(seed), list[Execute]()
    change = made.deploy(web="2.0")
    allowed = policy.may_be_unavailable(6)
    for turn in range(300):
        before = unavailable(made)
        flying += made.settle()
        after = unavailable(made)
        assert len(after) <= max(allowed, len(before)), f"{after} are unavailable, {allowed} may be"
        assert len(flying) <= policy.max_parallel.of(6)
        domains = {act.placement.host[0] for act in flying}
        if policy.domain_order in (DOMAINS, ("b", "a")):
            assert len(domains) <= 1, f"it moves in {domains}"
        now = made.change(change)
        if now.status in FINAL:
            break
        assert flying or any(wait.change == change.id for wait in made.plan().waits), "it neither acts nor waits"
        trouble = turn < 60
        if flying and chance.random() < 0.7:
            act = flying.pop(chance.randrange(len(flying)))
            bad = trouble and act.goal == "2.0" and chance.random() < 0.15
            made.finish(
                act, chance.choice([MoveState.REVERTED, MoveState.FAILED]) if bad else MoveState.DONE, "planted"
            )
        made.elapsed_s += chance.choice([0.5, 3.0, 11.0])
        upset(made, chance, trouble=trouble)
    else:
        raise AssertionError(f"it never ends: {made.plan().waits}")
    assert not flying
    versions = {sighting.version for sighting in made.state.sightings.values()}
    if now.status is Status.SUCCEEDED:
        assert versions == {"2.0"}
    elif policy.auto_revert:
        assert versions == {"1.0"}, "a placement was lost on the way back"


def upset(made: World, chance: random.Random, *, trouble: bool) -> None:
    """Something falls ill or silent, while there is trouble; then all is mended."""
    moving = {move.host for _, _, move in made.state.moves_in_flight()}
    host = chance.choice(sorted(made.inventory.hosts))
    placement = PlacementId("web", "prod", host)
    if trouble and chance.random() < 0.1:
        down(made, host) if chance.random() < 0.5 else up(made, host)
    elif trouble and chance.random() < 0.05 and host not in moving:
        made.record(seen(placement, made.state.sightings[placement].version, Health.FAILING, "planted"))
    elif not trouble:
        up(made, host)
        if host not in moving and made.state.sightings[placement].health is not Health.PASSING:
            made.record(seen(placement, made.state.sightings[placement].version))
    try:
        ask(made, Promote("ana", "1"))
    except InterlockError:
        return


def test_what_comes_back_to_a_host_does_not_overtake_a_rollout_that_stands_still() -> None:
    made = spread(RolloutPolicy(domain_order=DOMAINS, max_parallel=Amount(2)))
    ask(made, Drain("ana", "c2"))
    done(made)
    change = made.deploy(web="2.0")
    flying = made.settle()
    ask(made, Pause("ana", change.id))
    finish(made, flying)
    ask(made, Uncordon("bo", "c2"))
    assert made.settle() == []  # 2.0 is in domain a, and somebody wants to look at it first
    wait = wait_of(made, Reason.DEPENDENCY_BUSY)
    assert (wait.subject, wait.unblock) == ("web@prod/c2", "interlock why 2")
    ask(made, Resume("ana", change.id))
    assert done(made)[-1][0] == "c"
    assert {sighting.version for sighting in made.state.sightings.values()} == {"2.0"}
    assert all(each.status is Status.SUCCEEDED for each in made.state.changes.values())


def test_what_a_rollout_had_brought_to_a_host_already_comes_back_while_it_stands_still() -> None:
    made = spread(RolloutPolicy(domain_order=DOMAINS, max_parallel=Amount(1)))
    change = made.deploy(web="2.0")
    finish(made, made.settle())
    flying = made.settle()
    ask(made, Pause("ana", change.id))
    finish(made, flying)
    ask(made, Drain("ana", "a1"))
    done(made)
    ask(made, Uncordon("bo", "a1"))
    assert [(act.placement.host, act.goal) for act in made.run()] == [("a1", "2.0")]
