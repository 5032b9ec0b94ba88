"""Releases are brought to hosts while their changes wait: which, when, how often, and never in
the way of anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.model.change import Change, MoveState
from engine.model.event import ChangePaused, EnginePaused, HostSeen
from engine.model.maintenance import HostCordoned
from engine.model.observation import Reach
from engine.model.snapshot import Execute, Stage
from engine.model.staging import ReleaseStaged
from engine.plan.estate import Estate
from engine.plan.rollouts.prestage import AT_ONCE, REST_S, TRIES, staged_count
from tests.builders import T0, World, down, service, world

HOSTS = ("h1", "h2", "h3")


def stages(made: World) -> list[Stage]:
    return [action for action in made.plan().actions if isinstance(action, Stage)]


def brought(made: World, stage: Stage, here: bool = True) -> World:
    """One of them is over."""
    where = stage.placement
    event = ReleaseStaged(stage.change, where.service, where.host, stage.artifact.sha256, here, "" if here else "full")
    return made.record(event)


def later(made: World, hours: int = 2, **goals: str) -> Change:
    """A change that waits for a time."""
    change = made.deploy(**goals)
    waiting = replace(change, not_before=T0 + timedelta(hours=hours))
    made.state = replace(made.state, changes={**made.state.changes, change.id: waiting})
    return waiting


def test_a_change_that_waits_has_its_release_brought_to_every_host() -> None:
    made = world(service("web", hosts=HOSTS))
    later(made, web="1.1")
    found = stages(made)
    assert [stage.placement.host for stage in found] == list(HOSTS)
    assert {(stage.goal, stage.artifact.version) for stage in found} == {("1.1", "1.1")}


def test_what_was_brought_is_not_brought_again_and_begins_with_the_switch() -> None:
    made = world(service("web", hosts=HOSTS[:2]))
    later(made, web="1.1")
    first, second = stages(made)
    brought(made, first)
    assert stages(made) == [second]
    made.elapsed_s += 3 * 3600
    acts = made.settle()
    assert [(act.placement.host, act.staged) for act in acts] == [(first.placement.host, True)]
    rest = [act for act in made.finish(acts[0]).settle() if isinstance(act, Execute)]
    assert [(act.placement.host, act.staged) for act in rest] == [(second.placement.host, False)]


def test_another_content_of_the_same_name_is_not_taken_for_staged() -> None:
    made = world(service("web", hosts=HOSTS[:1]))
    change = later(made, web="1.1")
    host = stages(made)[0].placement.host
    made.record(ReleaseStaged(change.id, "web", host, "f" * 64, True))
    assert len(stages(made)) == 1
    made.elapsed_s += 3 * 3600
    assert [act.staged for act in made.settle()] == [False]


def test_a_host_that_cannot_take_it_is_tried_a_few_times_and_the_change_goes_on() -> None:
    made = world(service("web", hosts=HOSTS[:1]))
    later(made, web="1.1")
    for tried in range(1, TRIES + 1):
        (stage,) = stages(made)
        brought(made, stage, here=False)
        made.elapsed_s += REST_S * tried - 1
        assert stages(made) == [], "it did not rest"
        made.elapsed_s += 2
    made.elapsed_s += 1000
    assert stages(made) == [], "it is tried for ever"
    made.elapsed_s += 3 * 3600
    assert [act.staged for act in made.run()] == [False]


@pytest.mark.parametrize("what", ["unreachable", "unfenced", "cordoned", "step"])
def test_a_host_that_cannot_be_used_now_is_left_alone(what: str) -> None:
    made = world(service("web", hosts=HOSTS[:2]), service("api", hosts=HOSTS[:2]))
    host = made.inventory.services["web"].hosts["prod"][0]
    if what == "unreachable":
        down(made, host)
    elif what == "unfenced":
        made.record(HostSeen(host, Reach.UP, "boot", False))
    elif what == "cordoned":
        made.record(HostCordoned(host, "ana"))
    else:
        made.deploy(api="1.1")
        assert any(act.placement.host == host for act in made.settle())
    later(made, web="1.1")
    assert host not in [stage.placement.host for stage in stages(made)]
    assert len(stages(made)) == 1


def test_nothing_is_brought_while_the_engine_is_paused_or_stops() -> None:
    made = world(service("web"))
    later(made, web="1.1")
    assert stages(made)
    made.draining = True
    assert not stages(made)
    made.draining = False
    made.record(EnginePaused("ana"))
    assert not stages(made)


def test_a_change_that_a_person_paused_is_left_alone() -> None:
    made = world(service("web"))
    change = later(made, web="1.1")
    made.record(ChangePaused(change.id, "ana"))
    assert not stages(made)


def test_prestage_false_brings_nothing() -> None:
    web = service("web")
    made = world(replace(web, rollout=replace(web.rollout, prestage=False)))
    later(made, web="1.1")
    assert not stages(made)


def test_an_artifact_that_is_not_what_it_was_is_not_brought() -> None:
    made = world(service("web"))
    later(made, web="1.1")
    known = dict(made.catalog.by_service["web"])
    known["1.1"] = replace(known["1.1"], fault="it was changed")
    made.catalog = replace(made.catalog, by_service={**made.catalog.by_service, "web": known})
    assert not stages(made)


def test_of_two_changes_of_one_service_the_newer_is_brought() -> None:
    made = world(service("web", hosts=HOSTS[:1]))
    later(made, web="1.1")
    later(made, web="2.0")
    assert [stage.goal for stage in stages(made)] == ["2.0"]


def test_a_consumer_is_brought_while_its_provider_rolls() -> None:
    made = world(service("web", ("db", ">=1")), service("db"))
    made.deploy(db="1.1", web="1.1")
    assert [act.placement.service for act in made.settle()] == ["db"]
    assert [stage.placement.service for stage in stages(made)] == ["db", "web", "web"]


def test_the_later_batches_of_a_rollout_are_brought_while_the_first_moves() -> None:
    made = world(service("web", hosts=HOSTS))
    change = made.deploy(web="1.1")
    (first,) = made.settle()
    found = stages(made)
    assert [stage.placement.host for stage in found] == [h for h in HOSTS if h != first.placement.host]
    for stage in found:
        brought(made, stage)
    assert stages(made) == []
    made.finish(first)
    (second,) = made.settle()
    assert second.staged
    item = made.state.changes[change.id].items[0]
    assert staged_count(Estate(made.snapshot), made.state.changes[change.id], item) == (3, 3)
    made.finish(second, MoveState.REVERTED)
    made.settle()
    assert stages(made) == [], "what goes back needs nothing brought"


def test_a_paused_rollout_has_nothing_brought() -> None:
    made = world(service("web", hosts=HOSTS))
    change = made.deploy(web="1.1")
    made.finish(made.settle()[0])
    made.record(ChangePaused(change.id, "ana"))
    assert not stages(made)


def test_only_so_many_at_once_and_one_to_a_host() -> None:
    many = tuple(f"h{number}" for number in range(AT_ONCE + 4))
    made = world(service("web", hosts=many), service("api", hosts=many))
    later(made, web="1.1")
    later(made, api="1.1")
    found = stages(made)
    assert len({stage.placement.host for stage in found}) == len(found) == AT_ONCE
    made.staging = {stage.name for stage in found[:5]}
    rest = stages(made)
    assert len(rest) == AT_ONCE - 5
    assert not {stage.placement.host for stage in rest} & {stage.placement.host for stage in found[:5]}
