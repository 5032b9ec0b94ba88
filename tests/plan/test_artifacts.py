"""A release is its content: what was accepted is what is sent, and what ran is what comes back."""

from __future__ import annotations

from dataclasses import replace

from engine.model.change import MoveState, Status
from engine.model.event import ChangeAccepted
from engine.model.request import Deploy, Rollback
from engine.model.wait import Reason
from engine.plan.requests import judge
from tests.builders import World, service, world
from tests.plan.reading import reasons


def ask(made: World, request: Deploy | Rollback) -> str:
    events, _ = judge(made.snapshot, request)
    made.record(*events)
    (event,) = events
    assert isinstance(event, ChangeAccepted)
    return event.change.id


def rebuilt(made: World, name: str, version: str, sha256: str = "f" * 64) -> None:
    """The file of a release is another one now, and so is its sum."""
    by_service = {known: dict(artifacts) for known, artifacts in made.catalog.by_service.items()}
    by_service[name][version] = replace(by_service[name][version], sha256=sha256)
    made.catalog = replace(made.catalog, by_service=by_service)


def test_a_file_that_changed_since_it_was_accepted_does_not_start() -> None:
    made = world(service("web"))
    made.draining = True
    ask(made, Deploy("ana", "prod", {"web": "2.0"}))
    made.draining = False
    rebuilt(made, "web", "2.0")
    assert made.settle() == []
    (wait,) = made.plan().waits
    assert wait.reason is Reason.ARTIFACT_UNVERIFIED
    assert "not what was accepted" in wait.message
    rebuilt(made, "web", "2.0", "0" * 64)
    assert len(made.run()) == 2


def test_a_rollout_never_puts_two_contents_under_one_version() -> None:
    made = world(service("web"))
    change = ask(made, Deploy("ana", "prod", {"web": "2.0"}))
    (act,) = made.settle()
    rebuilt(made, "web", "2.0")
    made.finish(act)
    assert made.settle() == []
    assert reasons(made) == {Reason.ARTIFACT_UNVERIFIED}
    assert made.state.changes[change].status is Status.RUNNING


def test_a_sums_file_that_is_being_written_fails_nothing() -> None:
    made = world(service("web"))
    ask(made, Deploy("ana", "prod", {"web": "2.0"}))
    (act,) = made.settle()
    rebuilt(made, "web", "2.0", "")
    made.finish(act)
    assert made.settle() == []
    assert reasons(made) == {Reason.ARTIFACT_UNVERIFIED}


def test_what_is_put_back_is_what_ran_and_not_what_bears_its_name_now() -> None:
    made = world(service("web"))
    ask(made, Deploy("ana", "prod", {"web": "2.0"}))
    made.run()
    ask(made, Deploy("ana", "prod", {"web": "3.0"}))
    (act,) = made.settle()
    made.finish(act)
    rebuilt(made, "web", "2.0")
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "bad")
    (back,) = made.settle()
    assert (back.goal, back.artifact) == ("2.0", None)


def test_a_rollback_goes_to_the_content_that_was_good() -> None:
    made = world(service("web"))
    for version in ("2.0", "3.0"):
        ask(made, Deploy("ana", "prod", {"web": version}))
        made.run()
    rebuilt(made, "web", "2.0")
    ask(made, Rollback("ana", "web@prod"))
    acts = made.run()
    assert [(act.goal, act.artifact) for act in acts] == [("2.0", None), ("2.0", None)]
