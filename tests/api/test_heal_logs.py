"""What the hooks of heals wrote, which belong to no change."""

from __future__ import annotations

from engine.api.hooks import heal_logs
from engine.api.moment import Moment
from engine.model.hook import HookState
from engine.model.names import InstanceId
from engine.plan.planner import plan
from tests.plan.test_heal_hooks import hooked, play

WEB = InstanceId("web", "prod")


def test_a_heal_tells_how_it_ended_and_what_its_hooks_wrote() -> None:
    made = hooked()
    made.drift("web", "web-1", "9.9")
    made.settle()
    made.hook(HookState.DONE, "", ("pre wrote this",))
    assert play(made) == ["drain", "heal", "undrain", "post"]
    moment = Moment(made.snapshot, plan(made.snapshot), {})
    *hooks, heal = heal_logs(moment, [WEB])
    assert [log["step"].rpartition(".")[2] for log in hooks] == ["pre", "drain", "undrain", "post"]
    assert hooks[0]["lines"] == ["pre wrote this"]
    assert {log["state"] for log in hooks} == {"done"}
    assert (heal["state"], heal["detail"]) == ("done", "heals version")
    assert heal_logs(moment, [WEB], "web-9") == []
