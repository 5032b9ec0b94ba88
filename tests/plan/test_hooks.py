"""Hooks in their order: what runs before and after a placement's step, and what is owed behind it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.change import MoveState, Status
from engine.model.hook import Hook, HookName, Hooks, HookState
from engine.model.names import InstanceId, PlacementId
from engine.model.request import Abort, SettleHook
from engine.model.service import Service
from engine.model.wait import Reason
from engine.plan.estate import Estate
from engine.plan.requests import judge
from engine.plan.standing import state_of
from tests.builders import CONFIGURATION, World, down, seen, service, up, world

A = PlacementId("web", "prod", "web-1")


def hooked(*names: str, on: str = "", **more: Hook) -> Service:
    hooks = Hooks(**{**{name: Hook((f"bin/{name}",), on) for name in names}, **more})
    return replace(service("web"), configuration=replace(CONFIGURATION, hooks=hooks))


def started(*names: str, on: str = "", others: tuple[Service, ...] = (), **more: Hook) -> tuple[World, str]:
    made = world(hooked(*names, on=on, **more), *others)
    return made, made.deploy(web="2.0").id


def ask(made: World, request: object) -> str:
    events, message = judge(made.snapshot, request)  # type: ignore[arg-type]
    made.record(*events)
    return message


def play(made: World, limit: int = 60) -> list[str]:
    """Let everything succeed; ``hook host`` and ``move host`` in the order they were done."""
    done: list[str] = []
    for _ in range(limit):
        acts = made.settle()
        if not acts and not made.hooks:
            return done
        if made.hooks:
            act = made.hook()
            done.append(f"{act.hook.value} {act.placement.host}")
        for move in acts:
            made.elapsed_s += 1
            made.finish(move)
            done.append(f"move {move.placement.host}")
    raise AssertionError(f"it never ends: {done}")


def reasons(made: World) -> list[Reason]:
    return [wait.reason for wait in made.plan().waits]


def test_each_placement_goes_through_all_of_them_in_order_and_once_comes_first() -> None:
    made, change = started("once", "pre", "drain", "undrain", "post")
    each = [["pre", "drain", "move", "undrain", "post"], ["pre", "drain", "move", "undrain", "post"]]
    assert play(made) == [
        "once web-1",
        *(f"{step} web-1" for step in each[0]),
        *(f"{step} web-2" for step in each[1]),
    ]
    assert made.state.changes[change].status is Status.SUCCEEDED
    assert made.state.drained == {}


def test_where_they_run_and_in_which_release() -> None:
    made, _ = started("drain", "undrain", others=(service("lb", hosts=["lb-1"]),), on="lb-1", post=Hook(("p",)))
    assert made.settle() == []
    (drain,) = made.hooks
    assert (drain.on, drain.version, drain.staged is not None) == ("lb-1", "2.0", True)
    made.hook()
    made.finish(made.settle()[0])
    made.settle()
    undrain = made.hook()
    assert (undrain.on, undrain.staged) == ("lb-1", None)
    made.settle()
    assert made.hooks[0].on == "web-1"


@pytest.mark.parametrize("name", ["pre", "drain"])
@pytest.mark.parametrize("state", [HookState.FAILED, HookState.UNKNOWN])
def test_one_that_fails_before_the_switch_ends_it_there(name: str, state: HookState) -> None:
    made, change = started(name, "drain", "undrain")
    while not made.hooks or made.hooks[0].hook.value != name:
        made.settle()
    assert made.hook(state, "it ended with status 3", ("no", "way")).hook.value == name
    assert made.settle() == [], "nothing is switched"
    undrained = [made.hook().hook.value for _ in made.hooks[:]]
    assert undrained == (["undrain"] if name == "drain" else [])
    made.settle()
    item = made.state.changes[change].item("web")
    assert item.status is Status.REVERTED
    assert f"the hook {name}" in item.failure
    assert "nothing was switched" in item.failure
    assert item.moves["web-1"].log == ("no", "way")
    assert made.state.instances[InstanceId("web", "prod")].bad == ()


def drained(made: World) -> World:
    """The first placement has moved, and its undrain has failed once."""
    made.settle()
    made.hook()
    made.finish(made.settle()[0])
    made.settle()
    made.hook(HookState.FAILED, "it ended with status 1")
    return made


def test_until_undrain_succeeds_the_placement_is_unavailable_and_it_is_tried_again() -> None:
    made, change = started("drain", "undrain")
    drained(made)
    for attempt in range(2, 5):
        assert made.settle() == [], "web-2 must not move while web-1 is out"
        assert not made.hooks
        assert not Estate(made.snapshot).available(A)
        assert Reason.FAILED_EARLIER in reasons(made)
        assert "next try in" in " ".join(wait.message for wait in made.plan().waits)
        made.elapsed_s += 5 * 2 ** (attempt - 2)
        made.settle()
        assert made.hook(HookState.FAILED if attempt < 4 else HookState.DONE, "no").step.endswith(f".undrain{attempt}")
    assert Estate(made.snapshot).available(A)
    play(made)
    assert made.state.changes[change].status is Status.SUCCEEDED


def test_an_undrain_that_never_succeeds_marks_nothing_bad_and_fails_nothing() -> None:
    made, change = started("drain", "undrain")
    drained(made)
    for _ in range(40):
        made.elapsed_s += 400
        made.settle()
        made.hook(HookState.FAILED, "no")
    assert made.state.changes[change].item("web").status is Status.RUNNING
    assert state_of(Estate(made.snapshot), made.plan(), InstanceId("web", "prod")) == "rolling"
    assert made.state.instances[InstanceId("web", "prod")].bad == ()


def test_a_person_may_say_that_it_is_back_or_that_it_is_to_be_tried_now() -> None:
    made, change = started("drain", "undrain")
    drained(made)
    assert "undrain of web on web-1" in ask(made, SettleHook("ana", change, again=True))
    made.settle()
    assert [act.hook for act in made.hooks] == [HookName.UNDRAIN]
    made.hook(HookState.FAILED, "no")
    ask(made, SettleHook("ana", change, again=False))
    assert made.state.drained == {}


def test_a_placement_is_not_tried_again_before_it_is_back() -> None:
    made, change = started("drain", "undrain")
    made.settle()
    made.hook()
    made.finish(made.settle()[0], MoveState.UNCONFIRMED, "no confirmation came")
    assert made.settle() == []
    assert [act.hook for act in made.hooks] == [HookName.UNDRAIN]
    assert made.state.changes[change].item("web").moves["web-1"].state is MoveState.UNCONFIRMED
    made.hook()
    made.settle()
    assert [act.hook for act in made.hooks] == [HookName.DRAIN]


def test_a_reversal_on_the_host_is_followed_by_undrain_and_no_post() -> None:
    made, change = started("drain", "undrain", "post")
    made.settle()
    made.hook()
    made.finish(made.settle()[0], MoveState.REVERTED, "it is sick")
    made.settle()
    assert made.hook().hook is HookName.UNDRAIN
    assert play(made) == []
    assert made.state.changes[change].item("web").status is Status.REVERTED


def test_the_way_back_drains_too_and_no_hook_may_stop_it() -> None:
    made, change = started("drain", "undrain", "once")
    made.settle()
    made.hook()  # once
    made.settle()
    made.hook()
    made.finish(made.settle()[0])
    made.settle()
    made.hook()
    ask(made, Abort("ana", change))
    made.settle()
    if made.hooks and made.hooks[0].placement.host == "web-2":
        made.hook()
        made.finish(made.settle()[0])
        made.settle()
        made.hook()
        made.settle()
    names = []
    for _ in range(10):
        for act in made.settle():
            made.finish(act)
        if made.hooks:
            names.append(made.hook(HookState.FAILED if made.hooks[0].hook is HookName.DRAIN else HookState.DONE).hook)
    assert HookName.ONCE not in names
    assert HookName.DRAIN in names
    assert made.state.changes[change].item("web").status is Status.REVERTED
    assert made.state.drained == {}


def test_post_is_reported_and_undoes_nothing() -> None:
    made, change = started("post")
    made.finish(made.settle()[0])
    made.settle()
    made.hook(HookState.FAILED, "it ended with status 9")
    play(made)
    found = made.state.changes[change]
    assert found.status is Status.SUCCEEDED
    assert [run.state for run in found.hooks.values()] == [HookState.FAILED, HookState.DONE]


def test_a_crash_takes_up_what_was_begun_under_the_same_name() -> None:
    made, _ = started("drain", "undrain")
    made.settle()
    before = made.hooks.pop(0)
    made.executing.clear()
    made.settle()
    assert [(act.step, act.intent) for act in made.hooks] == [(before.step, None)]
    made.hooks.clear()
    made.executing.clear()
    down(made, "web-1")
    assert made.settle() == []
    assert not made.hooks
    assert Reason.HOST_UNREACHABLE in reasons(made)
    up(made, "web-1")
    made.settle()
    assert [act.step for act in made.hooks] == [before.step]


def test_a_drained_placement_is_owed_its_undrain_after_its_change_is_over() -> None:
    made, change = started("drain", "undrain")
    drained(made)
    made.record(seen(A, "2.0"))
    newer = made.deploy(web="3.0")
    for _ in range(20):
        made.elapsed_s += 30
        for act in made.settle():
            made.finish(act)
        while made.hooks:
            made.hook()
    assert made.state.changes[change].item("web").status is Status.SUPERSEDED
    assert made.change(newer).status is Status.SUCCEEDED
    assert made.state.drained == {}
