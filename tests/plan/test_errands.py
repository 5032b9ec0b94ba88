"""Restarts and removals, decided: tables of small estates."""

from __future__ import annotations

from dataclasses import replace

from engine.model.change import Kind, MoveState, Status
from engine.model.inventory import Inventory
from engine.model.maintenance import Cordon, Remove, Restart, Uncordon
from engine.model.names import InstanceId, PlacementId
from engine.model.request import Abort, Deploy, Pause, Resume, Rollback
from engine.model.service import Amount, RolloutPolicy
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate
from engine.plan.pending import orphans
from engine.plan.standing import state_of
from tests.builders import World, down, seen, service, up, world
from tests.plan.asking import ask, refused

WEB = InstanceId("web", "prod")


def waits(made: World, change: str) -> list[Wait]:
    return [wait for wait in made.plan().waits if wait.change == change]


def last(made: World) -> str:
    return list(made.state.changes)[-1]


def stands(made: World, instance: InstanceId = WEB) -> str:
    return state_of(Estate(made.snapshot), made.plan(), instance)


def placed(inventory: Inventory, name: str, *hosts: str) -> Inventory:
    """The inventory with a service on these hosts only; every host stays."""
    moved = replace(inventory.services[name], hosts={"prod": hosts})
    return replace(inventory, services={**inventory.services, name: moved})


def test_a_restart_goes_batch_by_batch_over_all_placements_and_leaves_targets_alone() -> None:
    made = world(service("web", hosts=["a", "b", "c"]))
    before = made.state.instances[WEB]
    assert ask(made, Restart("ana", "web", "leaks")) == "change 1: restart web 1.0 in prod"
    acts = made.settle()
    assert len(acts) == 1, "one at a time"
    made.finish(acts[0])
    acts += made.run()
    assert [(act.placement.host, act.origin, act.goal) for act in acts] == [
        (host, "1.0", "1.0") for host in ("a", "b", "c")
    ]
    change = made.state.changes["1"]
    assert (change.kind, change.status, change.reason) == (Kind.RESTART, Status.SUCCEEDED, "leaks")
    known = made.state.instances[WEB]
    assert (known.target, known.good, known.bad) == (before.target, before.good, ())


def test_a_restart_that_fails_is_told_and_neither_goes_on_nor_back() -> None:
    made = world(service("web", hosts=["a", "b", "c"]))
    ask(made, Restart("ana", "web"))
    (first,) = made.settle()
    made.finish(first)
    (second,) = made.settle()
    made.finish(second, MoveState.REVERTED, "status 503")
    assert made.settle() == []
    change = made.state.changes["1"]
    assert change.status is Status.FAILED
    assert "web 1.0 failed on b: status 503" in change.items[0].failure
    assert made.state.instances[WEB].bad == ()


def test_a_restart_takes_no_queued_change_over_and_needs_not_wait_for_its_turn() -> None:
    made = world(service("web"), service("api", ("web", "<2")))
    held = made.deploy(web="2.0")  # api refuses it: it waits
    ask(made, Restart("ana", "web"))
    assert len(made.run()) == 2
    assert made.change(held).status is Status.WAITING
    assert Estate(made.snapshot).desired(WEB) == "2.0"
    assert made.state.changes["2"].status is Status.SUCCEEDED


def test_a_restart_and_a_rollout_of_the_same_or_a_joined_service_take_turns() -> None:
    made = world(service("web"), service("api", ("web", ">=1")))
    made.deploy(api="1.1")
    (act,) = made.settle()
    ask(made, Restart("ana", "web"))
    assert made.settle() == []
    assert {wait.reason for wait in waits(made, "2")} == {Reason.DEPENDENCY_BUSY}
    made.finish(act)
    assert [act.placement.service for act in made.run()] == ["api", "web", "web"]


def test_the_gates_hold_a_restart() -> None:
    made = world(service("web"))
    ask(made, Pause("ana", ""))
    ask(made, Restart("ana", "web"))
    assert made.run() == []
    assert [wait.reason for wait in waits(made, "1")] == [Reason.PAUSED]
    assert "restart web@prod already" in refused(made, Restart("bo", "web"))


def test_an_aborted_restart_stops_and_restarts_nothing_again() -> None:
    made = world(service("web"))
    ask(made, Restart("ana", "web"))
    (act,) = made.settle()
    ask(made, Abort("ana", "1"))
    made.finish(act)
    assert made.run() == []
    assert made.state.changes["1"].items[0].status is Status.REVERTED
    assert made.state.instances[WEB].target == "1.0"


def test_what_runs_in_several_versions_is_not_restarted() -> None:
    made = world(service("web"), running=None)
    made.see("web", "1.0", "1.1")
    assert "held at no version" in refused(made, Restart("ana", "web"))


def test_a_service_is_stopped_everywhere_and_nothing_of_it_is_wanted_any_more() -> None:
    made = world(service("web", hosts=["a", "b", "c"], rollout=RolloutPolicy(max_parallel=Amount(2))))
    said = ask(made, Remove("ana", "web@prod", "gone"))
    assert "stopped and withdrawn from a, b, c; its releases stay" in said
    first = made.settle()
    assert len(first) == 2
    for act in first:
        made.finish(act)
    assert [(act.placement.host, act.goal) for act in made.run()] == [("c", None)]
    assert made.state.changes["1"].status is Status.SUCCEEDED
    known, estate = made.state.instances[WEB], Estate(made.snapshot)
    assert (known.target, known.good, estate.desired(WEB), estate.may_run(WEB)) == (None, (), None, frozenset())
    assert stands(made) == "unknown"
    assert "nothing of web@prod runs" in refused(made, Remove("ana", "web@prod"))


def test_what_was_removed_can_be_installed_anew_and_has_nothing_to_go_back_to() -> None:
    made = world(service("web"))
    ask(made, Remove("ana", "web@prod"))
    made.run()
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "ill")
    made.run()
    assert made.change(change).items[0].origin is None
    assert made.change(change).items[0].status is Status.REVERTED
    assert made.state.instances[WEB].target is None
    assert "no earlier good version" in refused(made, Rollback("ana", "web"))


def test_what_others_need_is_not_removed() -> None:
    made = world(service("web"), service("api", ("web", ">=1")), service("old", ("web", ">=1", ">=5")))
    assert "api 1.0 runs in prod and needs web" in refused(made, Remove("ana", "web@prod"))
    ask(made, Remove("ana", "api@prod"))
    made.run()
    ask(made, Remove("ana", "web@prod"))
    made.run()
    assert Estate(made.snapshot).may_run(WEB) == frozenset()


def test_a_removal_that_came_to_be_needed_waits_and_says_by_whom() -> None:
    made = world(service("web"), service("api", ("web", ">=1")))
    made.see("api", None)
    ask(made, Pause("ana", ""))
    ask(made, Remove("ana", "web@prod"))
    made.see("api", "1.0")
    assert Reason.DEPENDENT_INCOMPATIBLE in {wait.reason for wait in waits(made, "1")}


def test_a_removal_supersedes_what_was_queued_before_and_a_later_deploy_supersedes_it() -> None:
    made = world(service("web"))
    ask(made, Pause("ana", "web"))
    made.deploy(web="2.0")
    ask(made, Remove("ana", "web@prod"))
    assert Estate(made.snapshot).desired(WEB) is None
    later = made.deploy(web="3.0")
    ask(made, Resume("ana", "web"))
    made.run()
    assert [change.status for change in made.state.changes.values()][:2] == [Status.SUPERSEDED, Status.SUPERSEDED]
    assert made.change(later).status is Status.SUCCEEDED


def test_an_aborted_removal_puts_back_what_it_stopped() -> None:
    made = world(service("web"))
    ask(made, Remove("ana", "web@prod"))
    (act,) = made.settle()
    made.finish(act)
    ask(made, Abort("ana", "1"))
    acts = made.run()
    assert [(a.placement.host, a.goal) for a in acts if a.goal] == [(act.placement.host, "1.0")]
    assert made.state.instances[WEB].target == "1.0"
    assert stands(made) == "converged"


def test_orphans_are_shown_and_removed_and_the_rest_stays() -> None:
    made = world(service("web", hosts=["a", "b", "c"]))
    made.inventory = placed(made.inventory, "web", "a", "b")
    assert [p.host for p in orphans(Estate(made.snapshot))[WEB]] == ["c"]
    assert made.run() == [], "a reload moves nothing"
    said = ask(made, Remove("ana", "web@prod"))
    assert "what is left of web@prod on c is stopped and withdrawn; the rest of it stays" in said
    assert [(act.placement.host, act.goal) for act in made.run()] == [("c", None)]
    assert orphans(Estate(made.snapshot)) == {}
    assert made.state.instances[WEB].target == "1.0"
    assert stands(made) == "converged"
    assert "web@prod has no orphans" in refused(made, Remove("ana", "web@prod", only_orphans=True))


def test_orphans_of_a_service_that_left_the_inventory_are_removed_as_they_were_deployed() -> None:
    made = world(service("web"), service("api"))
    services = {"api": made.inventory.services["api"]}
    made.inventory = replace(made.inventory, services=services)
    ask(made, Remove("ana", "web@prod"))
    acts = made.run()
    assert sorted((act.placement.host, act.goal) for act in acts) == [("web-1", None), ("web-2", None)]
    assert orphans(Estate(made.snapshot)) == {}


def test_orphans_on_a_silent_host_are_waited_for_and_those_out_of_reach_for_good_are_named() -> None:
    made = world(service("web", hosts=["a", "b", "c"]))
    made.inventory = placed(made.inventory, "web", "a", "b")
    down(made, "c")
    ask(made, Remove("ana", "web@prod"))
    made.run()
    assert [wait.reason for wait in waits(made, "1")] == [Reason.HOST_UNREACHABLE]
    up(made, "c")
    assert len(made.run()) == 1
    made = world(service("web", hosts=["a", "b"]))
    made.inventory = placed(made.inventory, "web", "a")
    hosts = {"a": made.inventory.hosts["a"]}
    made.inventory = replace(made.inventory, hosts=hosts)
    assert "interlock retire b" in refused(made, Remove("ana", "web@prod"))


def test_the_environment_of_a_removal_is_never_guessed() -> None:
    made = world(service("web"))
    assert "web@ENVIRONMENT" in refused(made, Remove("ana", "web"))


def test_new_placements_join_by_an_ordinary_rollout_of_the_target() -> None:
    made = world(service("web", hosts=["a", "b"]), service("other", hosts=["c"]))
    made.inventory = placed(made.inventory, "web", "a", "b", "c")
    place = made.inventory.placements(WEB)[2]
    made.record(seen(place, None))
    assert made.run() == []
    assert stands(made) == "pending"
    ask(made, Deploy("ana", "prod", {"web": "1.0"}))
    assert [(act.placement.host, act.goal) for act in made.run()] == [("c", "1.0")]
    assert stands(made) == "converged"


def test_a_cordoned_host_is_not_restarted_on_but_may_be_cleared() -> None:
    made = world(service("web"))
    ask(made, Cordon("ana", "web-1"))
    ask(made, Restart("ana", "web"))
    assert [act.placement.host for act in made.run()] == ["web-2"]
    assert [wait.reason for wait in waits(made, "1")] == [Reason.HELD]
    ask(made, Remove("ana", "web@prod"))
    assert sorted(act.placement.host for act in made.run()) == ["web-1", "web-2"]
    ask(made, Uncordon("ana", "web-1"))
    assert made.run() == [], "the restart of what is gone brings nothing back"
    assert made.state.changes["1"].status is Status.SUPERSEDED


def test_a_restart_left_open_is_over_when_something_else_is_deployed() -> None:
    made = world(service("web"))
    ask(made, Cordon("ana", "web-1"))
    ask(made, Restart("ana", "web"))
    made.run()
    change = made.deploy(web="2.0")
    assert [act.goal for act in made.run()] == ["2.0"]
    assert made.state.changes["1"].status is Status.SUPERSEDED
    ask(made, Uncordon("ana", "web-1"))
    assert [(act.placement.host, act.goal) for act in made.run()] == [("web-1", "2.0")]
    assert made.change(change).status is Status.SUCCEEDED


def test_a_rollout_says_nothing_of_orphans_that_it_passes_over() -> None:
    made = world(service("web", hosts=["a", "b", "c"]))
    made.inventory = placed(made.inventory, "web", "a", "b")
    web = made.inventory.services["web"]
    web = replace(web, configuration=replace(web.configuration, command="bin/other"))
    made.inventory = replace(made.inventory, services={"web": web})
    made.deploy(web="1.1")
    made.run()
    on_c = made.state.deployed[PlacementId("web", "prod", "c")]
    assert (on_c.version, made.state.deployed[PlacementId("web", "prod", "a")].version) == ("1.0", "1.1")
