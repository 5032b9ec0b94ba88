"""What people may do with a change: hold, abort, retry, expedite, wait for a time or a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.model.change import Change, Kind, MoveState, OnFailure, Status
from engine.model.inventory import Limits
from engine.model.names import InstanceId
from engine.model.release import Artifact
from engine.model.request import Abort, Deploy, Expedite, Hold, Release, Request, Retry
from engine.model.wait import Reason
from engine.plan.estate import Estate
from tests.builders import T0, World, service, world
from tests.plan.asking import ask, refused
from tests.plan.reading import order_of, reasons, standing


def desired(made: World, name: str) -> str | None:
    return Estate(made.snapshot).desired(InstanceId(name, "prod"))


def test_a_held_change_starts_when_it_is_released() -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    ask(made, Hold("ana", change.id))
    assert made.settle() == []
    (wait,) = made.plan().waits
    assert (wait.reason, wait.owner, wait.unblock) == (Reason.HELD, "ana", "interlock release 1")
    assert "held already" in ask(made, Hold("bo", change.id))
    ask(made, Release("bo", change.id))
    assert len(made.settle()) == 1
    assert "pause it instead" in refused(made, Hold("ana", change.id))
    assert "not held" in refused(made, Release("ana", change.id))


def test_an_instance_is_held_and_released_like_paused() -> None:
    made = world(service("web"))
    ask(made, Hold("ana", "web"))
    made.deploy(web="2.0")
    assert made.settle() == []
    assert reasons(made) == {Reason.HELD}
    ask(made, Release("ana", "web@prod"))
    assert len(made.settle()) == 1


def test_abort_takes_back_what_is_unfinished_and_starts_nothing_more() -> None:
    made = world(service("checkout", ("ledger", "")), service("ledger"))
    change = made.deploy(checkout="2.0", ledger="2.0")
    (act,) = made.settle()
    ask(made, Abort("ana", change.id, "wrong day"))
    made.finish(act)
    assert {(a.placement.service, a.goal) for a in made.run()} == {("ledger", "1.0")}
    changed = made.change(change)
    assert changed.status is Status.REVERTED
    assert changed.item("checkout").status is Status.CANCELLED
    assert changed.item("ledger").failure == "aborted by ana: wrong day"
    assert (desired(made, "checkout"), desired(made, "ledger")) == ("1.0", "1.0")
    assert standing(made, "ledger") == "converged"


@pytest.mark.parametrize(("on_failure", "ledger"), [(OnFailure.HOLD, "2.0"), (OnFailure.REVERT_ALL, "1.0")])
def test_abort_lets_what_is_done_follow_on_failure(on_failure: OnFailure, ledger: str) -> None:
    made = world(service("checkout", ("ledger", "")), service("ledger"))
    change = made.deploy(on_failure=on_failure, checkout="2.0", ledger="2.0")
    for _ in range(2):
        (act,) = made.settle()
        made.finish(act)
    (act,) = made.settle()
    assert act.placement.service == "checkout"
    ask(made, Abort("ana", change.id))
    made.finish(act)
    made.run()
    assert made.change(change).status is Status.REVERTED
    assert (desired(made, "checkout"), desired(made, "ledger")) == ("1.0", ledger)


@pytest.mark.parametrize("on_failure", list(OnFailure))
def test_abort_between_two_services_ends_too(on_failure: OnFailure) -> None:
    made = world(service("checkout", ("ledger", "")), service("ledger"), limits=Limits(rollouts=1))
    change = made.deploy(on_failure=on_failure, checkout="2.0", ledger="2.0")
    ask(made, Hold("ana", "checkout"))
    made.run()
    ask(made, Abort("ana", change.id))
    made.run()
    assert made.change(change).status is Status.REVERTED
    assert desired(made, "ledger") == ("2.0" if on_failure is OnFailure.HOLD else "1.0")


def test_abort_of_a_paused_change_goes_back() -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    for _ in range(2):
        (act,) = made.settle()
        made.finish(act, MoveState.UNCONFIRMED)
    made.settle()
    assert made.change(change).status is Status.PAUSED
    ask(made, Abort("ana", change.id))
    made.run()
    assert made.change(change).status is Status.REVERTED


def test_abort_of_what_has_not_started_cancels_it() -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    ask(made, Abort("ana", change.id))
    assert made.change(change).status is Status.CANCELLED
    assert "nothing to abort" in refused(made, Abort("ana", change.id))


def broken(on_failure: OnFailure = OnFailure.HOLD) -> tuple[World, Change]:
    """ledger and web are done or back, checkout has failed, and shop was never started."""
    made = world(service("shop", ("checkout", "")), service("checkout", ("ledger", "")), service("ledger"))
    change = made.deploy(on_failure=on_failure, shop="2.0", checkout="2.0", ledger="2.0")
    for _ in range(2):
        (act,) = made.settle()
        made.finish(act)
    (act,) = made.settle()
    assert act.placement.service == "checkout"
    made.finish(act, MoveState.REVERTED, "bad")
    made.run()
    return made, change


def test_retry_begins_the_failed_and_the_unstarted_anew_and_leaves_the_done() -> None:
    made, change = broken()
    assert made.change(change).status is Status.FAILED
    done = made.change(change).item("ledger").finished
    steps = {move.step for item in made.change(change).items for move in item.moves.values()}
    ask(made, Retry("ana", change.id, "the database was down"))
    acts = made.run()
    assert order_of(acts) == ["checkout", "shop"]
    assert made.change(change).status is Status.SUCCEEDED
    assert made.change(change).item("ledger").finished == done
    assert not steps & {act.step for act in acts}


def test_retry_after_revert_all_begins_all_of_it_anew() -> None:
    made, change = broken(OnFailure.REVERT_ALL)
    assert made.change(change).status is Status.REVERTED
    ask(made, Retry("ana", change.id, "again"))
    assert order_of(made.run()) == ["ledger", "checkout", "shop"]


def test_retry_of_an_aborted_change() -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    ask(made, Abort("ana", change.id))
    made.finish(act)
    made.run()
    ask(made, Retry("ana", change.id))
    assert {act.goal for act in made.run()} == {"2.0"}
    assert made.change(change).status is Status.SUCCEEDED
    assert made.change(change).aborted_by == ""


def test_retry_fails_again_and_can_be_retried_again() -> None:
    made, change = broken()
    for _ in range(2):
        ask(made, Retry("ana", change.id, "again"))
        (act,) = made.settle()
        made.finish(act, MoveState.REVERTED, "bad")
        made.run()
        assert made.change(change).status is Status.FAILED


@pytest.mark.parametrize("status", ["waiting", "running", "succeeded", "cancelled"])
def test_retry_of_what_has_not_failed_is_refused(status: str) -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    if status == "cancelled":
        ask(made, Abort("ana", change.id))
    elif status != "waiting":
        made.settle()
    if status == "succeeded":
        made = world(service("web"))
        change = made.deploy(web="2.0")
        made.run()
    assert made.change(change).status.value == status
    assert "nothing of it has failed" in refused(made, Retry("ana", change.id))


def test_retry_of_what_somebody_asked_anew_of_is_refused() -> None:
    made, change = broken()
    other = made.deploy(shop="3.0")
    assert f"change {other.id} has asked for shop@prod 3.0 since" in refused(made, Retry("ana", change.id, "x"))


def test_expedite_goes_first_and_keeps_every_gate() -> None:
    made = world(service("a"), service("b"), service("c"), limits=Limits(rollouts=1))
    made.deploy(a="2.0")
    (act,) = made.settle()
    made.deploy(b="2.0")
    hurried = made.deploy(c="2.0")
    ask(made, Expedite("ana", hurried.id, "incident"))
    assert reasons(made) == {Reason.CONCURRENCY_LIMIT}
    assert order_of([act, *made.finish(act).run()]) == ["a", "c", "b"]


def test_expedite_of_a_joined_service_goes_before_the_earlier_change() -> None:
    made = world(service("web", ("ledger", "")), service("ledger"))
    ask(made, Hold("ana", "ledger"))
    made.deploy(ledger="2.0")
    made.deploy(web="2.0")
    later = made.deploy(ledger="3.0")
    ask(made, Expedite("ana", "2"))
    ask(made, Release("ana", "ledger"))
    assert order_of(made.run()) == ["web", "ledger"]
    assert made.change(later).status is Status.SUCCEEDED
    assert made.state.changes["1"].status is Status.SUPERSEDED


def test_expediting_an_older_change_does_not_make_it_the_newer_one() -> None:
    made = world(service("web"), service("other"), limits=Limits(rollouts=1))
    made.deploy(other="2.0")
    (act,) = made.settle()
    old = made.deploy(web="2.0")
    new = made.deploy(web="3.0")
    ask(made, Expedite("ana", old.id))
    made.finish(act).run()
    assert made.change(old).status is Status.SUPERSEDED
    assert made.change(new).status is Status.SUCCEEDED
    assert "nothing of it waits" in refused(made, Expedite("ana", new.id))


def test_not_before_waits_until_then() -> None:
    made = world(service("web"))
    ask(made, Deploy("ana", "prod", {"web": "2.0"}, not_before=T0 + timedelta(hours=1)))
    assert made.settle() == []
    (wait,) = made.plan().waits
    assert (wait.reason, wait.until) == (Reason.NOT_BEFORE, T0 + timedelta(hours=1))
    made.elapsed_s = 3599
    assert made.settle() == []
    made.elapsed_s = 3600
    assert len(made.settle()) == 1


def appears(made: World, version: str, sha256: str) -> None:
    """An artifact of web is published."""
    known = dict(made.catalog.by_service["web"])
    known[version] = Artifact("web", version, f"/artifacts/web-{version}.tar.gz", sha256, 1, "tar.gz")
    made.catalog = replace(made.catalog, by_service={**made.catalog.by_service, "web": known})


def test_when_available_waits_for_the_artifact_and_its_sum() -> None:
    made = world(service("web"))
    wanted = Deploy("ana", "prod", {"web": "9.0"})
    assert "--when-available" in refused(made, wanted)
    ask(made, replace(wanted, when_available=True))
    assert made.settle() == []
    (wait,) = made.plan().waits
    assert (wait.reason, wait.message) == (Reason.ARTIFACT_MISSING, "the artifact of web 9.0 is not known yet")
    appears(made, "9.0", "")
    assert reasons(made) == {Reason.ARTIFACT_UNVERIFIED}
    appears(made, "9.0", "0" * 64)
    assert {act.goal for act in made.run()} == {"9.0"}


def test_when_available_takes_no_version_that_cannot_be_one() -> None:
    made = world(service("web"))
    assert "letters, digits" in refused(made, Deploy("ana", "prod", {"web": "what?"}, when_available=True))


def test_a_way_back_does_not_wait_for_its_turn() -> None:
    made = world(service("web", ("ledger", "")), service("ledger"), service("busy"), limits=Limits(rollouts=1))
    made.deploy(busy="2.0")
    made.settle()
    made.deploy(ledger="2.0")
    made.deploy(kind=Kind.ROLLBACK, web="1.1")
    assert [act.placement.service for act in made.settle()] == ["web"]


@pytest.mark.parametrize("request_", [Abort("ana", "9"), Retry("ana", "9"), Expedite("ana", "9"), Hold("ana", "9")])
def test_a_change_that_is_none_is_named(request_: Request) -> None:
    assert "there is no change 9" in refused(world(service("web")), request_)
