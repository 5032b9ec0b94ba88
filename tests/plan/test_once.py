"""Migrations (the hook ``once``): at most one for each change, before anything moves; and what nobody can tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import RequestRefused
from engine.model.change import Kind, MoveState, Status
from engine.model.hook import ENGINE, Hook, HookName, Hooks, HookState
from engine.model.names import InstanceId, PlacementId
from engine.model.request import Retry, SettleHook
from engine.model.service import Service
from engine.model.snapshot import Execute
from engine.model.wait import Reason
from engine.plan.estate import Estate
from engine.plan.requests import judge
from tests.builders import CONFIGURATION, World, service, world

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


@pytest.mark.parametrize("name", ["once", "drain"])
def test_what_ran_beside_a_killed_engine_nobody_can_tell(name: str) -> None:
    made, change = started(drain=Hook(("d",), ENGINE), undrain=Hook(("u",), ENGINE))
    if name == "once":
        made, change = started(once=Hook(("m",), ENGINE))
    made.settle()
    assert made.hooks.pop(0).hook.value == name
    made.executing.clear()
    made.settle()
    run = next(iter(made.state.changes[change].hooks.values()))
    assert run.state is HookState.UNKNOWN
    assert "the engine ended while it ran there" in run.detail
    if name == "drain":
        assert [act.hook.value for act in made.hooks] == ["undrain"], "it may be drained"
    else:
        assert reasons(made) == [Reason.HOOK_UNKNOWN]


def test_an_unknown_migration_holds_the_change_until_a_person_has_spoken() -> None:
    made, change = started("once")
    made.settle()
    first = made.hook(HookState.UNKNOWN, "the host was restarted under it")
    assert made.settle() == []
    assert not made.hooks
    (wait,) = made.plan().waits
    assert (wait.reason, wait.gate, wait.unblock) == (
        Reason.HOOK_UNKNOWN,
        "hook",
        f"interlock hook {change} done|again",
    )
    assert Estate(made.snapshot).rolling(InstanceId("web", "prod")) is None, "it stands still: it blocks nobody"
    ask(made, SettleHook("ana", change, again=True))
    made.settle()
    assert made.hooks[0].step not in ("", first.step)
    made.hook(HookState.UNKNOWN, "again")
    ask(made, SettleHook("ana", change, again=False))
    assert [act.placement.host for act in made.settle()] == ["web-1"]
    with pytest.raises(RequestRefused, match="waits for anybody's word"):
        ask(made, SettleHook("ana", change, again=True))


def test_a_crash_and_an_overtaking_change_lose_no_migration() -> None:
    made, change = started("once")
    made.settle()
    begun = made.hooks.pop(0)
    made.executing.clear()
    newer = made.deploy(web="3.0")
    made.settle()
    assert [act.step for act in made.hooks] == [begun.step], "its end is asked for, though the change is overtaken"
    assert made.state.changes[change].item("web").status is Status.RUNNING
    made.hook()
    made.settle()
    assert made.state.changes[change].item("web").status is Status.SUPERSEDED
    play(made)
    assert made.change(newer).status is Status.SUCCEEDED


def test_a_failed_migration_fails_the_change_before_anything_moved_and_a_retry_runs_it_again() -> None:
    made, change = started("once")
    made.settle()
    made.hook(HookState.FAILED, "it ended with status 2", ("no such table",))
    assert play(made) == []
    item = made.state.changes[change].item("web")
    assert item.status is Status.REVERTED
    assert "nothing was moved" in item.failure
    assert "no such table" in item.failure
    known = made.state.instances[InstanceId("web", "prod")]
    assert (known.target, known.bad) == ("1.0", ())
    with pytest.raises(RequestRefused, match="interlock retry"):
        ask(made, SettleHook("ana", change, again=True))
    ask(made, Retry("ana", change))
    assert play(made) == ["once web-1", "move web-1", "move web-2"]


def test_a_retry_after_a_migration_that_succeeded_runs_none() -> None:
    made, change = started("once")
    made.settle()
    made.hook()
    made.finish(made.settle()[0], MoveState.FAILED, "the disk is full")
    play(made)
    ask(made, Retry("ana", change))
    assert play(made) == ["move web-1", "move web-2"]


def test_a_rollback_migrates_nothing() -> None:
    made = world(hooked("once"))
    made.deploy(web="2.0")
    assert play(made)[0] == "once web-1"
    made.deploy(web="1.0", kind=Kind.ROLLBACK)
    assert play(made) == ["move web-1", "move web-2"]


def test_a_withdrawal_runs_nothing_before_it() -> None:
    made = world(hooked("drain", "undrain"), running=None)
    change = made.deploy(web="1.0").id
    made.settle()
    made.hook()
    (move,) = [act for act in made.settle() if isinstance(act, Execute)]
    made.finish(move, MoveState.REVERTED, "sick")
    made.settle()
    assert made.hook().hook is HookName.UNDRAIN
    assert [name for name in play(made) if not name.startswith("move")] == []
    assert made.state.changes[change].item("web").status is Status.REVERTED
