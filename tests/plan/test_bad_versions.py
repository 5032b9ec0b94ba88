"""Which versions become bad, where, and what that keeps from happening."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.change import MoveState, Status
from engine.model.decision import VersionCleared, VersionMarkedBad
from engine.model.names import InstanceId
from engine.model.observation import Health
from engine.model.request import Abort, ClearBad, Deploy, Retry, Rollback
from engine.model.service import RolloutPolicy
from engine.model.wait import Reason
from tests.builders import World, seen, service, world
from tests.plan.asking import ask, refused
from tests.plan.reading import reasons

WEB = InstanceId("web", "prod")


def bad(made: World) -> dict[str, str]:
    """The bad versions of web with who says so."""
    return {mark.version: mark.by for mark in made.state.instances[WEB].bad}


def failed(made: World, state: MoveState = MoveState.REVERTED) -> World:
    """web goes to 2.0, and its first placement ends as ``state``; everything after goes well."""
    made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act, state, "GET /healthz answered 500")
    made.run()
    return made


@pytest.mark.parametrize("auto_revert", [True, False])
def test_a_version_whose_placements_fail_health_is_bad(auto_revert: bool) -> None:
    made = failed(world(service("web", rollout=RolloutPolicy(auto_revert=auto_revert))))
    assert bad(made) == {"2.0": "interlock"}
    (mark,) = made.state.instances[WEB].bad
    assert "GET /healthz answered 500" in mark.reason
    assert mark.change == "1"


def test_a_version_that_passes_its_deadline_is_bad() -> None:
    made = world(service("web", rollout=RolloutPolicy(progress_deadline_s=60)))
    made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act)
    made.record(seen(act.placement, "2.0", Health.FAILING))
    made.elapsed_s += 61
    made.settle()
    assert bad(made) == {"2.0": "interlock"}


def test_what_a_host_did_marks_nothing() -> None:
    made = failed(world(service("web")), MoveState.FAILED)
    assert bad(made) == {}


def test_what_could_not_be_confirmed_marks_nothing() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    for _ in range(2):
        (act,) = made.settle()
        made.finish(act, MoveState.UNCONFIRMED)
    made.settle()
    assert bad(made) == {}


def test_aborting_and_superseding_mark_nothing() -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    ask(made, Abort("ana", change.id))
    made.finish(act, MoveState.REVERTED, "too slow")
    made.run()
    made.deploy(web="2.1")
    (act,) = made.settle()
    made.deploy(web="2.2")
    made.finish(act)
    made.run()
    assert bad(made) == {}


def test_another_items_failure_marks_only_that_item() -> None:
    made = world(service("web", ("ledger", "")), service("ledger"))
    made.deploy(web="2.0", ledger="2.0")
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "bad")
    made.run()
    assert bad(made) == {}
    assert [mark.version for mark in made.state.instances[InstanceId("ledger", "prod")].bad] == ["2.0"]


def test_a_new_configuration_that_fails_does_not_make_the_version_bad() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    made.run()
    web = made.inventory.services["web"]
    changed = replace(web, configuration=replace(web.configuration, command="bin/other"))
    made.inventory = replace(made.inventory, services={"web": changed})
    made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "bad")
    made.run()
    assert bad(made) == {}


def test_deploy_refuses_it_with_the_reason_and_the_nearest_good_ones() -> None:
    made = failed(world(service("web")))
    made.record(VersionMarkedBad(WEB, "2.1", "slow", "ana"))
    said = refused(made, Deploy("ana", "prod", {"web": "2.0"}))
    assert "web 2.0 is bad in prod: web 2.0 failed on web-1: GET /healthz answered 500" in said
    assert "Good versions near it: 2.2, 1.2, 3.0, 1.1, 3.1" in said
    assert "interlock clear-bad web=2.0 -e prod --reason TEXT" in said


def test_a_version_that_became_bad_after_acceptance_waits() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    made.record(VersionMarkedBad(WEB, "2.0", "it leaks", "ana"))
    assert made.settle() == []
    (wait,) = made.plan().waits
    assert wait.reason is Reason.BAD_VERSION
    assert wait.message == "web 2.0 is bad in prod (says ana): it leaks"
    made.record(VersionCleared(WEB, "2.0", "ana", "fixed"))
    assert len(made.settle()) == 1


def test_rollback_skips_bad_versions_and_may_mark_the_one_it_leaves() -> None:
    made = world(service("web"))
    for goal in ("2.0", "3.0"):
        made.deploy(web=goal)
        made.run()
    made.record(VersionMarkedBad(WEB, "2.0", "it leaks", "ana"))
    assert "web 2.0 is bad in prod" in refused(made, Rollback("ana", "web", to="2.0"))
    assert "web 3.0 marked bad" in ask(made, Rollback("ana", "web", reason="slow", mark_bad=True))
    assert {act.goal for act in made.run()} == {"1.0"}
    assert bad(made) == {"2.0": "ana", "3.0": "ana"}
    assert "is bad in prod (says ana): slow" in refused(made, Deploy("ana", "prod", {"web": "3.0"}))


def test_rollback_of_a_change_marks_what_it_leaves() -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    made.run()
    ask(made, Rollback("ana", change.id, mark_bad=True))
    assert bad(made) == {"2.0": "ana"}


def test_retry_of_a_bad_version_asks_why_and_clears_it() -> None:
    made = failed(world(service("web")))
    assert "say why: interlock retry 1 --reason TEXT" in refused(made, Retry("ana", "1"))
    ask(made, Retry("ana", "1", "the database was down"))
    assert bad(made) == {}
    assert [act.goal for act in made.run()] == ["2.0", "2.0"]
    assert made.state.changes["1"].status is Status.SUCCEEDED


def test_clear_bad_needs_a_reason_and_a_version_that_is_bad() -> None:
    made = failed(world(service("web")))
    assert "say why" in refused(made, ClearBad("ana", {"web": "2.0"}, " "))
    assert "web 2.1 is not bad" in refused(made, ClearBad("ana", {"web": "2.1"}, "x"))
    ask(made, ClearBad("ana", {"web": "2.0"}, "fixed"))
    assert bad(made) == {}


def test_a_suggestion_never_proposes_a_bad_version() -> None:
    made = world(service("web", ("ledger", ">=2", ">=2")), service("ledger"))
    made.deploy(web="2.0")
    ledger = InstanceId("ledger", "prod")
    for version in ("5.2", "5.1"):
        made.record(VersionMarkedBad(ledger, version, "bad", "ana"))
    made.settle()
    assert reasons(made) == {Reason.DEPENDENCY_VERSION}
    assert made.plan().waits[0].unblock == "interlock deploy ledger=5.0 -e prod"


def test_what_is_bad_in_an_environment_is_bad_in_those_after_it() -> None:
    made = world(service("web"))
    environments = made.inventory.environments
    staging = replace(environments["prod"], name="staging")
    later = replace(environments["prod"], after="staging")
    made.inventory = replace(made.inventory, environments={"staging": staging, "prod": later})
    made.record(VersionMarkedBad(InstanceId("web", "staging"), "2.0", "it leaks", "ana"))
    assert "web 2.0 is bad in staging" in refused(made, Deploy("ana", "prod", {"web": "2.0"}))
    assert "is bad in staging, clear it there" in refused(made, ClearBad("ana", {"web": "2.0"}, "x", "prod"))
