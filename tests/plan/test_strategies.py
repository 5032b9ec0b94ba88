"""Rollout strategies, read as stories: canaries, bakes, promotion, domains in order."""

from __future__ import annotations

import pytest

from engine.errors import RequestRefused
from engine.model.change import Kind, Status
from engine.model.event import ChangePaused, ChangeResumed, HostSeen
from engine.model.names import PlacementId
from engine.model.observation import Reach
from engine.model.request import Abort, Promote, Rollback
from engine.model.service import Amount, RolloutPolicy
from engine.model.wait import Reason
from tests.builders import down, seen, up
from tests.plan.reading import reasons, standing
from tests.plan.strategic import DOMAINS, WEB, ask, done, finish, ill, spread, wait_of


def test_a_canary_moves_first_bakes_and_the_rest_follows_and_bakes_too() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), bake_s=300.0, max_parallel=Amount(3)))
    change = made.deploy(web="2.0")
    assert done(made) == ["a1"]
    assert standing(made, "web") == "baking"
    wait = wait_of(made, Reason.BAKING)
    assert wait.message == "canary of web 2.0 bakes: 5m of 5m to go"
    assert wait.until is not None
    made.elapsed_s += 299
    assert made.settle() == []
    made.elapsed_s += 1
    together = made.settle()
    assert len(together) == 3
    finish(made, together)
    assert len(done(made)) == 2
    assert (standing(made, "web"), made.change(change).status) == ("baking", Status.RUNNING)
    made.elapsed_s += 300
    assert done(made) == []
    assert made.change(change).status is Status.SUCCEEDED


def test_canaries_are_spread_over_the_domains() -> None:
    made = spread(RolloutPolicy(canary=Amount(3), bake_s=1.0, max_parallel=Amount(3)))
    made.deploy(web="2.0")
    assert done(made) == ["a1", "b1", "c1"]


def test_with_a_domain_order_canaries_are_in_the_first_domain_and_one_domain_follows_the_other() -> None:
    policy = RolloutPolicy(
        canary=Amount(1), bake_s=10.0, domain_order=("b", "a", "c"), first_domain_bake_s=60.0, max_parallel=Amount(6)
    )
    made = spread(policy)
    change = made.deploy(web="2.0")
    for hosts, bake_s in ((["b1"], 10), (["b2"], 60), (["a1", "a2"], 10), (["c1", "c2"], 10)):
        assert done(made) == hosts
        made.elapsed_s += bake_s - 1
        assert done(made) == []
        assert reasons(made) == {Reason.BAKING}
        made.elapsed_s += 1
    assert done(made) == []
    assert made.change(change).status is Status.SUCCEEDED


def test_domains_that_are_not_named_come_last_one_at_a_time() -> None:
    made = spread(RolloutPolicy(domain_order=("c",), max_parallel=Amount(6)))
    made.deploy(web="2.0")
    first = made.settle()
    assert [act.placement.host for act in first] == ["c1", "c2"]
    finish(made, first[:1])
    assert made.settle() == []
    finish(made, first[1:])
    assert done(made) == ["a1", "a2", "b1", "b2"]


def test_a_canary_that_falls_ill_in_its_bake_is_taken_back_and_the_version_is_bad() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), bake_s=300.0))
    change = made.deploy(web="2.0")
    done(made)
    made.elapsed_s += 200
    ill(made, "a1")
    (back,) = made.settle()
    assert (back.placement.host, back.goal) == ("a1", "1.0")
    finish(made, [back])
    made.run()
    assert made.change(change).status is Status.FAILED
    failure = made.change(change).item("web").failure
    assert failure == "web 2.0 did not stay healthy through its bake (canary); a1: GET /healthz answered 500"
    assert [bad.version for bad in made.state.instances[WEB].bad] == ["2.0"]
    assert standing(made, "web") == "converged"


def test_a_host_that_went_down_in_the_bake_takes_nothing_from_the_version_and_the_bake_begins_anew() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), bake_s=300.0))
    change = made.deploy(web="2.0")
    done(made)
    made.elapsed_s += 299
    down(made, "a1")
    assert done(made) == []
    assert Reason.HOST_UNREACHABLE in reasons(made)
    made.record(HostSeen("a1", Reach.UP, "another boot", True))
    ill(made, "a1", "starting")
    made.elapsed_s += 1
    assert done(made) == []
    assert made.change(change).status is Status.RUNNING
    made.record(seen(PlacementId("web", "prod", "a1"), "2.0"))
    assert done(made) == []
    assert wait_of(made, Reason.BAKING).message == "canary of web 2.0 bakes: 5m of 5m to go"
    made.elapsed_s += 300
    assert len(made.settle()) == 1


def test_the_bake_survives_a_restart_of_the_engine_and_counts_engine_time_only() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), bake_s=300.0))
    made.deploy(web="2.0")
    done(made)
    made.elapsed_s += 100
    for host in made.inventory.hosts:
        made.record(HostSeen(host, Reach.UNKNOWN, "boot", False))
    assert made.settle() == []
    for host in made.inventory.hosts:
        up(made, host)
    assert made.settle() == []
    assert wait_of(made, Reason.BAKING).message == "canary of web 2.0 bakes: 3m20s of 5m to go"


def test_without_auto_promote_a_person_lets_the_canary_go_on() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), bake_s=60.0, auto_promote=False))
    change = made.deploy(web="2.0")
    with pytest.raises(RequestRefused, match="nothing of change 1 awaits promotion: web has not started"):
        ask(made, Promote("ana", "1"))
    (act,) = made.settle()
    with pytest.raises(RequestRefused, match="not healthy everywhere yet"):
        ask(made, Promote("ana", "1"))
    made.finish(act).settle()
    with pytest.raises(RequestRefused, match="bakes for another 1m; promote it then"):
        ask(made, Promote("ana", "1"))
    made.elapsed_s += 3600
    assert made.settle() == []
    wait = wait_of(made, Reason.PROMOTION_REQUIRED)
    assert wait.message == "the canary of web 2.0 (1 placement) waits for promotion: interlock promote 1"
    assert wait.unblock == "interlock promote 1"
    assert standing(made, "web") == "baking"
    assert ask(made, Promote("ana", "1")) == "change 1: the canary of web is promoted"
    assert len(done(made)) == 5
    made.elapsed_s += 60
    made.run()
    assert made.change(change).status is Status.SUCCEEDED
    with pytest.raises(RequestRefused, match="web is succeeded"):
        ask(made, Promote("ana", "1"))


def test_a_canary_that_falls_ill_while_it_awaits_promotion_is_not_promoted() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), auto_promote=False))
    change = made.deploy(web="2.0")
    done(made)
    ill(made, "a1")
    with pytest.raises(RequestRefused, match="a1 is not healthy: GET /healthz answered 500"):
        ask(made, Promote("ana", "1"))
    made.run()
    assert made.change(change).item("web").status is Status.REVERTED


def test_what_goes_on_by_itself_cannot_be_promoted() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), bake_s=60.0))
    made.deploy(web="2.0")
    done(made)
    with pytest.raises(RequestRefused, match="no canary of it waits for a person"):
        ask(made, Promote("ana", "1"))


def test_a_canary_whose_host_does_not_answer_is_replaced() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), bake_s=60.0, max_unavailable=Amount(2)))
    down(made, "a1")
    made.deploy(web="2.0")
    assert done(made) == ["a2"]


def test_a_rollback_has_no_canary_and_does_not_bake_and_keeps_to_one_domain() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), bake_s=60.0, domain_order=DOMAINS, max_parallel=Amount(6)))
    change = made.deploy(kind=Kind.ROLLBACK, web="1.1")
    first = made.settle()
    assert [act.placement.host for act in first] == ["a1", "a2"]
    finish(made, first)
    assert done(made) == ["b1", "b2", "c1", "c2"]
    assert made.change(change).status is Status.SUCCEEDED


def test_rollback_does_not_go_to_what_was_not_through_its_bake() -> None:
    made = spread(RolloutPolicy(bake_s=60.0, max_parallel=Amount(6)))
    made.deploy(web="2.0")
    assert len(done(made)) == 6
    made.elapsed_s += 59
    newer = made.deploy(web="3.0")  # overtakes 2.0 in its last second
    assert len(done(made)) == 6
    made.elapsed_s += 60
    made.run()
    assert made.change(newer).status is Status.SUCCEEDED
    assert ask(made, Rollback("ana", "web@prod")) == "change 3: web 1.0 in prod"
    with pytest.raises(RequestRefused, match="was never healthy in web@prod"):
        ask(made, Rollback("ana", "web@prod", "2.0"))


@pytest.mark.parametrize("stage", ["canary moves", "canary bakes", "awaits promotion", "domain moves", "last bake"])
def test_pause_and_abort_in_every_stage_lose_no_placement(stage: str) -> None:
    made = spread(
        RolloutPolicy(canary=Amount(1), bake_s=60.0, auto_promote=False, domain_order=DOMAINS, max_parallel=Amount(2))
    )
    change = made.deploy(web="2.0")
    flying = made.settle()
    if stage != "canary moves":
        for act in flying:
            made.finish(act)
        made.settle()
        flying = []
    if stage in ("awaits promotion", "domain moves", "last bake"):
        made.elapsed_s += 60
    if stage in ("domain moves", "last bake"):
        ask(made, Promote("ana", change.id))
        flying = made.settle()
    while stage == "last bake" and sum(s.version == "2.0" for s in made.state.sightings.values()) < 6:
        for act in flying:
            made.finish(act)
        made.elapsed_s += 60
        flying = made.settle()
    made.record(ChangePaused(change.id, "ana"))
    for act in flying:
        made.finish(act)
    assert made.settle() == []
    assert Reason.PAUSED in reasons(made)
    made.record(ChangeResumed(change.id, "ana"))
    flying = made.settle()
    ask(made, Abort("ana", change.id))
    finish(made, flying + made.settle())
    made.run()
    assert made.change(change).status is Status.REVERTED
    assert {s.version for s in made.state.sightings.values()} == {"1.0"}
    assert standing(made, "web") == "converged"
