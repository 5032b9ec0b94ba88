"""Host maintenance, decided: cordon, drain and what brings back, retire; tables of small estates."""

from __future__ import annotations

from engine.model.change import Kind, MoveState, Status
from engine.model.inventory import Limits
from engine.model.maintenance import Cordon, Drain, Retire, Uncordon, Unretire
from engine.model.names import InstanceId, PlacementId
from engine.model.service import Amount, RolloutPolicy
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate
from engine.plan.standing import state_of
from tests.builders import World, down, seen, service, up, world
from tests.plan.asking import ask, refused

TWO = RolloutPolicy(max_parallel=Amount(2))


def hosts_of(acts: list) -> list[str]:
    return [act.placement.host for act in acts]


def waits(made: World, change: str) -> list[Wait]:
    return [wait for wait in made.plan().waits if wait.change == change]


def runs(made: World, name: str) -> dict[str, str | None]:
    """What each placement was last seen to run."""
    places = made.inventory.placements(InstanceId(name, "prod"))
    return {p.host: made.state.sightings[p].version for p in places}


def stands(made: World, name: str) -> str:
    return state_of(Estate(made.snapshot), made.plan(), InstanceId(name, "prod"))


def last(made: World) -> str:
    return list(made.state.changes)[-1]


def test_a_rollout_goes_elsewhere_and_stays_open_for_a_cordoned_host() -> None:
    made = world(service("web"))
    assert "nothing new starts on web-1" in ask(made, Cordon("ana", "web-1", "kernel"))
    change = made.deploy(web="2.0")
    assert hosts_of(made.run()) == ["web-2"]
    assert made.change(change).status is Status.RUNNING
    (wait,) = waits(made, change.id)
    assert (wait.reason, wait.owner, wait.unblock) == (Reason.HELD, "ana", "interlock uncordon web-1")
    assert "ana cordoned web-1 at 2026-11-24 09:00 UTC (kernel)" in wait.message
    assert Estate(made.snapshot).rolling(InstanceId("web", "prod")) is None
    ask(made, Uncordon("bo", "web-1"))
    assert hosts_of(made.run()) == ["web-1"]
    assert made.change(change).status is Status.SUCCEEDED


def test_nothing_starts_where_every_host_is_cordoned_and_what_runs_there_stays_available() -> None:
    made = world(service("web", hosts=["h"]))
    ask(made, Cordon("ana", "h"))
    change = made.deploy(web="2.0")
    assert made.run() == []
    assert made.change(change).status is Status.WAITING
    assert [wait.reason for wait in waits(made, change.id)] == [Reason.HELD]
    assert Estate(made.snapshot).available(PlacementId("web", "prod", "h"))


def test_what_is_under_way_on_a_host_may_still_go_back_when_it_is_cordoned() -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act)
    ask(made, Cordon("ana", act.placement.host))
    (other,) = made.settle()
    made.finish(other, MoveState.REVERTED, "ill")
    assert [(a.placement.host, a.goal) for a in made.run()] == [(act.placement.host, "1.0")]
    assert made.change(change).items[0].status is Status.REVERTED


def test_a_drained_host_is_emptied_dependents_first_and_comes_back_providers_first() -> None:
    made = world(
        service("db", hosts=["h1", "h2"]),
        service("app", ("db", ">=1"), hosts=["h1", "h2"]),
        service("web", ("app", ">=1"), hosts=["h1", "h2"]),
    )
    said = ask(made, Drain("ana", "h1", "disks"))
    assert "app, db, web on h1 stop" in said
    acts = made.run()
    assert [(act.placement.service, act.goal) for act in acts] == [("web", None), ("app", None), ("db", None)]
    change = made.state.changes[last(made)]
    assert (change.kind, change.status, change.requested_by, change.reason) == (
        Kind.DRAIN,
        Status.SUCCEEDED,
        "ana",
        "disks",
    )
    assert runs(made, "db") == {"h1": None, "h2": "1.0"}
    assert stands(made, "db") == "degraded"
    assert made.state.instances[InstanceId("db", "prod")].target == "1.0"
    ask(made, Uncordon("ana", "h1"))
    acts = made.run()
    assert [(act.placement.service, act.goal) for act in acts] == [("db", "1.0"), ("app", "1.0"), ("web", "1.0")]
    assert {stands(made, name) for name in ("db", "app", "web")} == {"converged"}


def test_a_drain_waits_for_the_budget_and_says_what_would_make_room() -> None:
    made = world(service("web"))
    ask(made, Drain("ana", "web-1"))
    made.run()
    ask(made, Drain("ana", "web-2"))
    assert made.run() == []
    (wait,) = waits(made, last(made))
    assert wait.reason is Reason.BLAST_RADIUS
    assert "1 of 2 are unavailable (web-1); at most 1 may be, so web-2 stays" in wait.message
    assert "bring web-1 back" in wait.unblock
    ask(made, Uncordon("ana", "web-1"))
    assert [(act.placement.host, act.goal) for act in made.run()] == [("web-1", "1.0"), ("web-2", None)]


def test_a_drain_keeps_the_budgets_of_the_environment() -> None:
    made = world(service("web", rollout=TWO), service("api", rollout=TWO), limits=Limits(unavailable=Amount(1)))
    ask(made, Drain("ana", "web-1"))
    made.run()
    ask(made, Drain("ana", "api-1"))
    assert made.run() == []
    assert [(wait.reason, wait.owner) for wait in waits(made, last(made))] == [
        (Reason.BLAST_RADIUS, "policies.limits.unavailable")
    ]


def test_what_is_drained_counts_against_the_rollouts_of_others() -> None:
    made = world(service("web", hosts=["a", "b", "c"]))
    ask(made, Drain("ana", "a"))
    made.run()
    change = made.deploy(web="2.0")
    assert made.run() == []
    reasons = {wait.reason for wait in waits(made, change.id)}
    assert reasons == {Reason.HELD, Reason.BLAST_RADIUS}


def test_a_drain_and_a_rollout_of_what_it_is_joined_with_take_turns() -> None:
    made = world(service("db", hosts=["d1", "d2"]), service("app", ("db", ">=1"), hosts=["h1", "h2"]))
    change = made.deploy(db="1.1")
    (act,) = made.settle()
    ask(made, Drain("ana", "h1"))
    assert made.settle() == []
    assert {wait.reason for wait in waits(made, last(made))} == {Reason.DEPENDENCY_BUSY}
    made.finish(act)
    acts = made.run()
    assert [(a.placement.service, a.goal) for a in acts] == [("db", "1.1"), ("app", None)]
    assert made.change(change).status is Status.SUCCEEDED


def test_nobody_moves_to_where_what_is_drained_could_not_come_back() -> None:
    made = world(service("db"), service("app", ("db", "<2"), hosts=["h"]))
    ask(made, Drain("ana", "h"))
    made.run()
    change = made.deploy(db="2.0")
    assert made.run() == []
    assert {wait.reason for wait in waits(made, change.id)} == {Reason.DEPENDENCY_VERSION}


def test_what_is_drained_is_neither_ill_nor_in_the_way_of_its_dependents() -> None:
    made = world(service("db", hosts=["d1", "d2"]), service("app", ("db", ">=1")))
    ask(made, Drain("ana", "d1"))
    made.run()
    change = made.deploy(app="2.0")
    made.run()
    assert made.change(change).status is Status.SUCCEEDED


def test_a_rollout_that_waited_for_a_drained_host_brings_the_new_version_there() -> None:
    made = world(service("web", hosts=["a", "b", "c"], rollout=TWO))
    ask(made, Drain("ana", "a"))
    made.run()
    change = made.deploy(web="2.0")
    made.run()
    assert made.change(change).status is Status.RUNNING
    ask(made, Uncordon("ana", "a"))
    acts = made.run()
    assert [(act.placement.host, act.goal) for act in acts] == [("a", "2.0")]
    assert all(change.status is Status.SUCCEEDED for change in made.state.changes.values())


def test_uncordoning_half_way_brings_back_what_was_stopped_and_stops_no_more() -> None:
    made = world(service("db", hosts=["h1", "h2"]), service("web", ("db", ">=1"), hosts=["h1", "h2"]))
    ask(made, Drain("ana", "h1"))
    (act,) = made.settle()
    ask(made, Uncordon("ana", "h1"))
    assert made.settle() == []
    made.finish(act)
    assert [(a.placement.service, a.goal) for a in made.run()] == [("web", "1.0")]
    assert runs(made, "db") == {"h1": "1.0", "h2": "1.0"}
    assert stands(made, "web") == "converged"
    assert not made.state.unfinished()


def test_what_cannot_be_stopped_is_tried_three_times_and_then_told() -> None:
    made = world(service("web"))
    ask(made, Drain("ana", "web-1"))
    for _ in range(3):
        (act,) = made.settle()
        made.finish(act, MoveState.FAILED, "could not stop it")
        made.elapsed_s += 60
    assert made.settle() == []
    change = made.state.changes[last(made)]
    assert change.status is Status.FAILED
    assert "web could not be stopped on web-1: could not stop it" in change.items[0].failure


def test_a_drain_waits_for_an_instance_that_people_hold_and_for_a_host_that_is_silent() -> None:
    made = down(world(service("web")), "web-1")
    ask(made, Drain("ana", "web-1"))
    assert made.run() == []
    assert [wait.reason for wait in waits(made, last(made))] == [Reason.HOST_UNREACHABLE]
    up(made, "web-1")
    assert [(act.placement.host, act.goal) for act in made.run()] == [("web-1", None)]


def test_a_retired_host_counts_for_nothing_and_is_emptied_when_it_answers() -> None:
    made = down(world(service("db"), service("app", ("db", "<2"), hosts=["a", "b"], rollout=TWO)), "b")
    change = made.deploy(app="1.1")
    made.run()
    assert made.change(change).status is Status.RUNNING, "it waits for the host that is silent"
    ask(made, Retire("root", "b", "burnt down"))
    made.run()
    assert made.change(change).status is Status.SUCCEEDED
    assert Estate(made.snapshot).may_run(InstanceId("app", "prod")) == {"1.1"}
    up(made, "b")
    (act,) = made.run()
    assert (act.placement, act.goal) == (PlacementId("app", "prod", "b"), None)
    stopped = made.state.changes[last(made)]
    assert (stopped.kind, stopped.requested_by, stopped.status) == (Kind.DRAIN, "root", Status.SUCCEEDED)
    assert made.run() == [], "once is enough"


def test_retiring_concludes_the_steps_of_a_dead_host_that_left_the_inventory() -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    gone = act.placement.host
    made.executing.clear()
    left = tuple(host for host in made.inventory.hosts if host != gone)
    from dataclasses import replace

    web = replace(made.inventory.services["web"], hosts={"prod": left})
    hosts = {name: made.inventory.hosts[name] for name in left}
    made.inventory = replace(made.inventory, hosts=hosts, services={"web": web})
    assert made.run() == []
    (wait,) = [w for w in waits(made, change.id) if w.reason is Reason.HOST_UNREACHABLE]
    assert wait.unblock == f"interlock retire {gone}"
    assert "steps given up: web" in ask(made, Retire("root", gone))
    made.run()
    assert made.change(change).status is Status.SUCCEEDED
    assert made.change(change).items[0].moves[gone].state is MoveState.ABANDONED


def test_a_retired_host_comes_back_only_when_nothing_of_the_past_runs_there() -> None:
    made = world(service("web"))
    ask(made, Retire("root", "web-1"))
    assert "web@prod may still run there" in refused(made, Unretire("root", "web-1"))
    made.run()
    assert "web come back there" in ask(made, Unretire("root", "web-1"))
    assert [(act.placement.host, act.goal) for act in made.run()] == [("web-1", "1.0")]
    assert stands(made, "web") == "converged"


def test_the_last_replica_can_be_retired_and_its_service_is_unknown_then() -> None:
    made = world(service("web", hosts=["h"]))
    ask(made, Retire("root", "h"))
    made.run()
    assert stands(made, "web") == "unknown"
    assert Estate(made.snapshot).tallies == {}


def test_maintenance_that_makes_no_sense_is_refused_with_what_would() -> None:
    made = world(service("web"))
    assert "did you mean web-1" in refused(made, Cordon("ana", "web-11"))
    assert "web-1 is not cordoned or drained" in refused(made, Uncordon("ana", "web-1"))
    assert "web-1 is not retired" in refused(made, Unretire("ana", "web-1"))
    ask(made, Drain("ana", "web-1"))
    assert "more than a cordon" in refused(made, Cordon("bo", "web-1"))
    assert "drained already" in ask(made, Drain("bo", "web-1"))
    ask(made, Retire("root", "web-1"))
    assert "interlock unretire web-1 brings it back" in refused(made, Uncordon("ana", "web-1"))
    assert "out of everything already" in refused(made, Drain("ana", "web-1"))


def test_what_comes_back_ill_is_told_and_stays_away() -> None:
    made = world(service("web"))
    ask(made, Drain("ana", "web-1"))
    made.run()
    ask(made, Uncordon("ana", "web-1"))
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "status 503")
    made.record(seen(act.placement, None))
    assert made.settle() == []
    change = made.state.changes[last(made)]
    assert (change.kind, change.status) == (Kind.RETURN, Status.FAILED)
    assert "web could not be brought to 1.0 on web-1: status 503" in change.items[0].failure
