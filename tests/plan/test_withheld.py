"""An artifact that is not what was accepted holds what it was to be sent for, wherever that shows: while a
hook is prepared, or while a host gets back what it ran."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.change import MoveState, Status
from engine.model.hook import Hook, Hooks, HookState
from engine.model.maintenance import Drain, Uncordon
from engine.model.wait import Reason
from tests.builders import CONFIGURATION, World, service, world
from tests.plan.asking import ask

HOOK = Hook(("bin/hook",))


def spoilt(made: World, version: str, fault: str) -> None:
    """What the file is found to be, "" for what it should be."""
    known = made.catalog.by_service["web"]
    changed = {**known, version: replace(known[version], fault=fault)}
    made.catalog = replace(made.catalog, by_service={**made.catalog.by_service, "web": changed})


def waits(made: World, change: str) -> set[Reason]:
    return {wait.reason for wait in made.plan().waits if wait.change == change}


@pytest.mark.parametrize("name", ["once", "pre", "drain"])
def test_one_that_fails_its_proof_while_a_hook_is_prepared_waits_for_the_file(name: str) -> None:
    hooks = replace(Hooks(), **{name: HOOK}, undrain=HOOK)
    made = world(replace(service("web"), configuration=replace(CONFIGURATION, hooks=hooks)))
    change = made.deploy(web="2.0").id
    assert made.settle() == []
    assert made.hooks[0].hook.value == name
    spoilt(made, "2.0", "/artifacts/web-2.0.tar.gz is not what its sum says")
    made.hook(HookState.WITHHELD, "its release could not be staged")
    assert made.settle() == []
    assert made.hooks == [], "nothing was drained, so nothing is undrained"
    assert waits(made, change) == {Reason.ARTIFACT_UNVERIFIED}
    assert made.state.changes[change].item("web").status is Status.RUNNING
    spoilt(made, "2.0", "")
    made.settle()
    assert made.hooks[0].hook.value == name


def test_what_comes_back_to_a_host_waits_for_its_file() -> None:
    made = world(service("web"))
    made.deploy(web="1.1")
    made.run()
    ask(made, Drain("ana", "web-1"))
    made.run()
    ask(made, Uncordon("ana", "web-1"))
    (act,) = made.settle()
    spoilt(made, "1.1", "/artifacts/web-1.1.tar.gz is not what its sum says")
    made.finish(act, MoveState.WITHHELD, "it is not what its sum says")
    for _ in range(5):
        made.elapsed_s += 60
        assert made.settle() == []
        assert waits(made, act.change) == {Reason.ARTIFACT_UNVERIFIED}
    spoilt(made, "1.1", "")
    (again,) = made.settle()
    assert again.placement.host == "web-1"
