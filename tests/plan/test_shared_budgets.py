"""What one planning round shares among all that it begins: a heal, a rollout and the emptying of a
host together move no more of an instance than ``max_parallel``, and take from the same budgets."""

from __future__ import annotations

from dataclasses import replace

from engine.model.change import Status
from engine.model.event import EnginePaused, EngineResumed, ItemStatus
from engine.model.inventory import Limits
from engine.model.maintenance import Drain, Uncordon
from engine.model.service import Amount, RolloutPolicy
from engine.model.wait import Reason
from tests.builders import World, service, world
from tests.plan.asking import ask

WEB = ("a", "b", "c", "d", "e")
ROOMY = RolloutPolicy(max_unavailable=Amount(5))


def held(made: World) -> list[str]:
    return [wait.message for wait in made.plan().waits if wait.reason is Reason.BLAST_RADIUS]


def hosts(acts: list) -> list[str]:
    return sorted(act.placement.host for act in acts)


def test_a_heal_waits_while_a_host_is_emptied() -> None:
    made = world(service("web", hosts=WEB, rollout=ROOMY))
    ask(made, Drain("ana", "b"))
    (act,) = made.settle()
    made.drift("web", "a")
    assert made.settle() == []
    assert any("1 of web@prod are in a step already; at most 1" in message for message in held(made))
    made.finish(act)
    assert hosts(made.settle()) == ["a"]


def test_a_host_is_not_emptied_while_a_heal_is_under_way() -> None:
    made = world(service("web", hosts=WEB, rollout=ROOMY))
    made.drift("web", "a")
    (heal,) = made.settle()
    ask(made, Drain("ana", "b"))
    assert made.settle() == []
    assert any("a of web@prod moves already; at most 1 may at once" in message for message in held(made))
    made.finish(heal)
    assert hosts(made.settle()) == ["b"]


def test_a_host_whose_emptying_waits_for_a_heal_does_not_hold_that_heal() -> None:
    made = world(service("web", hosts=("a", "b", "c")))
    made.record(EnginePaused("ana"))
    ask(made, Drain("ana", "b"))
    made.record(ItemStatus("1", "web", Status.RUNNING), EngineResumed("ana"))
    made.drift("web", "a")
    (heal,) = made.settle()
    assert heal.placement.host == "a"
    made.finish(heal)
    assert hosts(made.settle()) == ["b"]


def test_what_comes_back_waits_for_a_heal_too() -> None:
    made = world(service("web", hosts=WEB, rollout=ROOMY))
    ask(made, Drain("ana", "b"))
    made.run()
    made.drift("web", "a")
    (heal,) = made.settle()
    ask(made, Uncordon("ana", "b"))
    assert made.settle() == []
    made.finish(heal)
    assert hosts(made.settle()) == ["b"]


def test_a_rollout_whose_canary_is_healed_takes_another_one() -> None:
    made = world(service("web", hosts=WEB, rollout=replace(ROOMY, canary=Amount(1), max_parallel=Amount(2))))
    made.drift("web", "a")
    (heal,) = made.settle()
    made.deploy(web="2.0")
    assert hosts(made.settle()) == ["b"]
    made.finish(heal)


def test_a_rollout_waits_for_the_step_of_its_only_placement() -> None:
    made = world(service("web", hosts=("a",)))
    made.drift("web", "a")
    (heal,) = made.settle()
    change = made.deploy(web="2.0")
    assert made.settle() == []
    assert {wait.reason for wait in made.plan().waits if wait.change == change.id} <= {Reason.HOST_BUSY}
    assert any(wait.change == change.id for wait in made.plan().waits)
    made.finish(heal)
    assert hosts(made.settle()) == ["a"]


def test_two_hosts_are_not_emptied_of_one_service_in_the_same_round() -> None:
    made = world(service("web", hosts=WEB, rollout=ROOMY))
    ask(made, Drain("ana", "a"))
    ask(made, Drain("ana", "b"))
    assert hosts(made.settle()) == ["a"]


def test_heals_and_errands_take_from_the_same_budget_of_the_environment() -> None:
    two = [service("web", hosts=("a", "b")), service("mail", hosts=("c", "d"))]
    made = world(*two, limits=Limits(unavailable=Amount(1)))
    made.drift("web", "a", "9.9")  # it runs, healthy, what nobody asked for
    ask(made, Drain("ana", "c"))
    assert len(made.settle()) == 1
