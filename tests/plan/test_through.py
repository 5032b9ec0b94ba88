"""Changes through several environments, and bridges that lead through them, read as stories."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.errors import UsageError
from engine.model.change import Change, Status
from engine.model.event import ChangeAccepted, ChangeStatus, ItemStatus
from engine.model.names import InstanceId
from engine.model.request import Deploy
from engine.model.snapshot import Execute
from engine.model.wait import Reason
from engine.plan.forecast import forecast
from engine.plan.preview import preview
from engine.plan.requests import judge
from tests.builders import World, seen
from tests.builders import service as single
from tests.plan.staged import ask, held, later, two, web


def through(made: World, **services: str) -> list[Change]:
    events, _ = judge(made.snapshot, Deploy("ana", "", services, through="prod"))
    made.record(*events)
    return [event.change for event in events if isinstance(event, ChangeAccepted)]


def environments_of(acts: list[Execute]) -> list[str]:
    return list(dict.fromkeys(act.placement.environment for act in acts))


def test_through_queues_one_linked_change_for_each_environment() -> None:
    made = two(web())
    first, second = through(made, web="2.0")
    assert (first.environment, second.environment, second.follows) == ("staging", "prod", first.id)
    assert environments_of(made.run()) == ["staging"]
    (wait,) = held(made, second)
    assert wait.until == made.snapshot.now + timedelta(seconds=100)
    made.elapsed_s += 100
    assert environments_of(made.run()) == ["prod"]
    assert made.change(second).status is Status.SUCCEEDED


def test_through_waits_visibly_while_the_first_environment_is_under_way() -> None:
    made = two(web())
    first, second = through(made, web="2.0")
    made.settle()
    (wait,) = held(made, second)
    assert wait.blocker == first.id


def test_cancelling_the_first_holds_the_rest_with_a_clear_wait() -> None:
    made = two(web())
    first, second = through(made, web="2.0")
    made.record(ItemStatus(first.id, "web", Status.CANCELLED), ChangeStatus(first.id, Status.CANCELLED))
    assert made.run() == []
    (wait,) = [wait for wait in made.plan().waits if wait.change == second.id]
    assert wait.reason is Reason.FAILED_EARLIER
    assert wait.message == "change 1 (web 2.0 in staging), the step before, was cancelled"


def test_through_leaves_services_out_where_they_are_not_placed() -> None:
    mail = replace(single("mail"), hosts={"prod": ("x",)})
    made = two(web(), mail)
    first, second = through(made, web="2.0", mail="2.0")
    assert [item.service for item in first.items] == ["web"]
    assert [item.service for item in second.items] == ["mail", "web"]


def test_through_an_environment_that_comes_after_none_is_refused() -> None:
    made = two(web())
    with pytest.raises(UsageError, match="comes after no other environment"):
        judge(made.snapshot, Deploy("ana", "", {"web": "2.0"}, through="staging"))
    with pytest.raises(UsageError, match="--through prod ends where -e prod begins"):
        judge(made.snapshot, Deploy("ana", "prod", {"web": "2.0"}, through="prod"))


def test_the_preview_of_through_shows_both_environments() -> None:
    made = two(web())
    found = preview(made.snapshot, Deploy("ana", "", {"web": "2.0"}, through="prod"))
    assert [(step.rank, step.environment, step.goal) for step in found.steps] == [
        (1, "staging", "2.0"),
        (2, "prod", "2.0"),
    ]


def knotted() -> World:
    """web 1 refuses shop 2, web 2 refuses shop 1, web 1.2 takes both. Staging runs 2.0 of both, soaked."""
    needs = (("shop", "<2", "<1.2"), ("shop", ">=1,<3", ">=1.2,<2"), ("shop", ">=2", ">=2"))
    both = [replace(each, hosts=web().hosts) for each in (single("web", *needs), single("shop"))]
    made = two(*both)
    for name in ("web", "shop"):
        made.record(*(seen(p, "2.0") for p in made.inventory.placements(InstanceId(name, "staging"))))
    for name in ("web", "shop"):
        change = ask(made, "staging", "2.0", name=name)
        made.run()
        assert made.change(change).status is Status.SUCCEEDED
    return later(made, 100)


def test_a_bridge_tries_its_version_where_it_has_to_soak_first() -> None:
    made = knotted()
    found = preview(made.snapshot, Deploy("ana", "prod", {"web": "2.0", "shop": "2.0"}))
    assert [(leg.environment, leg.service, leg.origin, leg.goal) for leg in found.bridge] == [
        ("staging", "web", "2.0", "1.2"),
        ("prod", "web", "1.0", "1.2"),
        ("prod", "shop", "1.0", "2.0"),
        ("staging", "web", "1.2", "2.0"),
        ("prod", "web", "1.2", "2.0"),
    ]


def test_a_bridge_through_staging_is_walked_as_the_soaks_come_to_their_ends() -> None:
    made = knotted()
    events, _ = judge(made.snapshot, Deploy("ana", "prod", {"web": "2.0", "shop": "2.0"}, accept_bridge=True))
    made.record(*events)
    walked: list[str] = []
    for _ in range(4):
        acts = made.run()
        walked += dict.fromkeys(f"{act.placement.service}@{act.placement.environment} {act.goal}" for act in acts)
        made.elapsed_s += 100
    assert walked == ["web@staging 1.2", "web@prod 1.2", "shop@prod 2.0", "web@staging 2.0", "web@prod 2.0"]
    assert {change.status for change in made.state.changes.values()} == {Status.SUCCEEDED}


@pytest.mark.parametrize("linked", [True, False])
def test_a_forecast_foresees_the_soak(linked: bool) -> None:
    made = two(web())
    changes = through(made, web="2.0") if linked else [ask(made, env, "2.0") for env in ("staging", "prod")]
    found = forecast(made.snapshot)
    first, second = (found.of(change.id) for change in changes)
    assert first is not None
    assert second is not None
    assert first.end is not None
    assert second.start == first.end + timedelta(seconds=100)
    assert second.end is not None
