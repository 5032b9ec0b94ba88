"""Hooks around heals: what runs is drained first, whatever was healed is put back in service, and a
migration is nothing that a heal repeats."""

from __future__ import annotations

from dataclasses import replace

from engine.model.change import MoveState
from engine.model.hook import Hook, Hooks, HookState
from engine.model.names import PlacementId
from engine.model.observation import Unit
from engine.model.request import Release
from engine.model.wait import Reason
from tests.builders import CONFIGURATION, World, service, world
from tests.plan.asking import ask

HOOK = Hook(("bin/hook",))
WEB_1 = PlacementId("web", "prod", "web-1")


def hooked() -> World:
    hooks = Hooks(HOOK, HOOK, HOOK, HOOK, HOOK)
    return world(replace(service("web"), configuration=replace(CONFIGURATION, hooks=hooks)))


def play(made: World) -> list[str]:
    """Let everything succeed; what was done, in order."""
    done: list[str] = []
    for _ in range(20):
        acts = made.settle()
        if not acts and not made.hooks:
            return done
        if made.hooks:
            done.append(made.hook().hook.value)
        for act in acts:
            made.finish(act)
            done.append("heal")
    raise AssertionError(f"it never ends: {done}")


def test_what_runs_something_else_is_drained_for_its_heal_and_undrained_after_it() -> None:
    made = hooked()
    made.drift("web", "web-1", "9.9")
    assert play(made) == ["pre", "drain", "heal", "undrain", "post"]
    assert made.state.drained == {}


def test_what_does_not_run_needs_no_drain_but_is_put_back_in_service() -> None:
    made = hooked()
    made.drift("web", "web-1", unit=Unit.STOPPED)
    assert play(made) == ["pre", "heal", "undrain", "post"]


def test_a_drain_that_fails_ends_the_heal_before_anything_is_touched() -> None:
    made = hooked()
    made.drift("web", "web-1", "9.9")
    made.settle()
    made.hook()  # pre
    made.settle()
    made.hook(HookState.FAILED, "it ended with status 3")
    assert made.settle() == [], "nothing is switched"
    healing = made.state.healings[WEB_1]
    assert (healing.flight, healing.attempts) == (None, 1)
    assert "the hook drain failed" in healing.detail
    assert made.hook().hook.value == "undrain"


def test_an_undrain_that_fails_is_tried_again_and_says_so_and_release_asks_for_it_at_once() -> None:
    made = hooked()
    made.drift("web", "web-1", unit=Unit.STOPPED)
    made.settle()
    made.hook()
    (act,) = made.settle()
    made.finish(act)
    made.settle()
    made.hook(HookState.FAILED, "the balancer is away")
    assert made.settle() == []
    (wait,) = made.plan().waits
    assert (wait.reason, wait.unblock) == (Reason.FAILED_EARLIER, "interlock release web@prod")
    assert "the balancer is away" in wait.message
    ask(made, Release("ana", "web@prod"))
    made.settle()
    assert made.hook().step.endswith(".undrain2")


def test_hooks_of_a_heal_that_a_crash_left_are_taken_up_under_their_names() -> None:
    made = hooked()
    made.drift("web", "web-1", "9.9")
    made.settle()
    (pre,) = made.hooks
    made.executing.clear()
    made.hooks.clear()
    made.settle()
    assert [(hook.step, hook.intent) for hook in made.hooks] == [(pre.step, None)]


def test_a_heal_that_was_withheld_undrains_what_it_drained() -> None:
    made = hooked()
    made.drift("web", "web-1", "9.9")
    made.settle()
    made.hook()
    made.settle()
    made.hook()
    (act,) = made.settle()
    made.finish(act, MoveState.WITHHELD, "not what was deployed")
    made.settle()
    assert made.hook().hook.value == "undrain"
