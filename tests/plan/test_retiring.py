"""When a host may be retired."""

from __future__ import annotations

from engine.model.maintenance import Retire
from tests.builders import down, service, world
from tests.plan.asking import ask, refused


def test_a_host_is_not_retired_in_the_middle_of_a_step_as_long_as_it_answers() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    (act,) = made.settle()
    host = act.placement.host
    assert f"a step of web (change {act.change}) is at work on {host}" in refused(made, Retire("root", host))
    down(made, host)
    assert "steps given up: web" in ask(made, Retire("root", host))
