"""What is refused: the sentence says what stands in the way, what was kept, and what would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.model.inventory import Environment
from engine.model.maintenance import Cordon, Drain, Remove, Retire, Unretire
from engine.model.request import Abort, Cancel, Deploy, Expedite, Pause, Request, Resume, Rollback, SettleHook
from tests.builders import service, world
from tests.plan.asking import ask, refused


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (Deploy("ana", "prod", {}), "nothing to deploy: name at least one SERVICE=VERSION"),
        (Deploy("ana", "prd", {"web": "2.0"}), "no environment is called 'prd'; did you mean prod?"),
        (Deploy("ana", "prod", {"wep": "2.0"}), "no service is called 'wep'; did you mean web?"),
        (Rollback("ana", "1", to="1.0"), "--to goes with a service, not with a change"),
        (Cancel("ana", "1"), "only what has not started can be cancelled; pause or abort it, or roll it back."),
        (Resume("ana", "1"), "change 1 is running, not paused. Nothing was changed"),
        (Expedite("ana", "1"), "nothing of it waits for its turn. Nothing was changed"),
        (SettleHook("ana", "1", again=True), "no hook of change 1 waits for anybody's word. Nothing was changed"),
    ],
)
def test_while_a_change_runs(request_: Request, sentence: str) -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    made.settle()
    assert sentence in refused(made, request_)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (Pause, "change 1 is succeeded: there is nothing to pause. Nothing was changed"),
        (Abort, "change 1 is succeeded: there is nothing to abort. Nothing was changed"),
        (Cancel, "only what has not started can be cancelled"),
    ],
)
def test_when_a_change_is_over(asked: Callable[[str, str], Request], sentence: str) -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    made.run()
    assert sentence in refused(made, asked("ana", "1"))


def test_a_failed_change_of_which_nothing_waits_has_nothing_to_cancel() -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    ask(made, Abort("ana", change.id))
    made.finish(act)
    made.run()
    assert "is reverted: nothing of it waits. Nothing was changed" in refused(made, Cancel("ana", change.id))


def test_a_service_without_a_placement_there() -> None:
    made = world(service("web"))
    environments = {**made.inventory.environments, "staging": Environment("staging")}
    made.inventory = replace(made.inventory, environments=environments)
    sentence = refused(made, Deploy("ana", "staging", {"web": "2.0"}))
    assert sentence == "web has no placement in staging; nothing was queued"


def test_hosts_that_are_aside_already() -> None:
    made = world(service("web"))
    assert "nothing new starts" in ask(made, Cordon("ana", "web-1", "kernel"))
    assert "web-1 is cordoned already" in ask(made, Cordon("bo", "web-1"))
    assert "interlock uncordon web-1 ends that; nothing was changed" in refused(made, Unretire("bo", "web-1"))
    ask(made, Drain("ana", "web-1"))
    made.run()
    assert "that is more than a cordon; nothing was changed" in refused(made, Cordon("ana", "web-1"))
    ask(made, Retire("ana", "web-1"))
    assert "already; nothing was changed" in refused(made, Retire("bo", "web-1"))
    assert "it is out of everything already; nothing was changed" in refused(made, Drain("bo", "web-1"))


def test_what_is_to_be_removed_already() -> None:
    made = world(service("web"))
    ask(made, Remove("ana", "web@prod"))
    assert "change 1 is to remove web@prod already; nothing was queued" in refused(made, Remove("bo", "web@prod"))
