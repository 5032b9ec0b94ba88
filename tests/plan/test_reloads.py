"""The inventory changes while rollouts run: services, hosts and needs come and go."""

from __future__ import annotations

from engine.model.change import MoveState, Status
from engine.model.names import InstanceId
from engine.model.wait import Reason
from engine.plan.estate import Estate
from tests.builders import estate, service, world


def test_a_service_that_leaves_the_inventory_in_the_middle_has_not_succeeded() -> None:
    made = world(service("api"), service("web"))
    change = made.deploy(api="2.0")
    (act,) = made.settle()
    made.finish(act)
    made.inventory = estate(service("web"))
    made.settle()
    assert made.change(change).status is Status.FAILED
    assert "api@prod left the inventory" in made.change(change).item("api").failure


def test_a_service_that_leaves_while_it_is_taken_back_is_not_called_reverted() -> None:
    made = world(service("api"), service("web"))
    change = made.deploy(api="2.0")
    (act,) = made.settle()
    made.finish(act)
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "GET /healthz answered 500")
    (back,) = made.settle()
    made.inventory = estate(service("web"))
    made.settle()
    assert made.change(change).status is Status.REVERTING  # its step has no outcome yet
    made.finish(back)
    made.settle()
    item = made.change(change).item("api")
    assert item.status is Status.FAILED
    assert "answered 500" in item.failure
    assert "left the inventory" in item.failure


def test_both_ends_of_a_move_count_although_its_host_left_the_inventory() -> None:
    made = world(service("api", ("db", "<2")), service("db"))
    made.deploy(api="2.0")
    (act,) = made.settle()
    made.executing.clear()
    made.inventory = estate(service("api", ("db", "<2"), hosts=["api-2"]), service("db"))
    assert Estate(made.snapshot).may_run(InstanceId("api", "prod")) == {"1.0", "2.0"}
    (wait,) = made.plan().waits
    assert wait.reason is Reason.HOST_UNREACHABLE
    assert f"{act.placement.host} left the inventory" in wait.message
