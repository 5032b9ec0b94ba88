"""Other content under a version's name: edited in place, or another artifact. Who replaces it, and by what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.event import PlacementSeen
from engine.model.healing import DriftSeen
from engine.model.names import PlacementId
from engine.model.request import Deploy
from engine.model.service import Heal
from engine.model.snapshot import Execute
from engine.model.wait import Reason
from engine.plan.care.drift import differences
from tests.builders import World, service, world
from tests.plan.asking import ask


def begun(made: World) -> list[Execute]:
    """The heals that begin now."""
    return [act for act in made.settle() if not act.change]


def changed_content(made: World, **seen: str) -> PlacementId:
    """Release 1.1, which Interlock deployed, is not what it was on web-1."""
    ask(made, Deploy("ana", "prod", {"web": "1.1"}))
    made.run()
    placement = PlacementId("web", "prod", "web-1")
    known = made.state.sightings[placement]
    made.record(PlacementSeen(replace(known, **seen)))  # type: ignore[arg-type]
    differs = differences(made.state, placement)
    made.record(DriftSeen(placement, differs, 1), DriftSeen(placement, differs, 2))
    return placement


@pytest.mark.parametrize(
    ("seen", "said"),
    [({"altered": "bin/run"}, "content changed: bin/run"), ({"sha256": "f" * 64}, "content changed")],
)
def test_other_content_under_the_version_that_runs_gives_way_to_what_was_deployed(
    seen: dict[str, str], said: str
) -> None:
    made = world(service("web"))
    placement = changed_content(made, **seen)
    assert differences(made.state, placement) == (said,)
    (act,) = begun(made)
    assert (act.goal, act.anew, act.staged) == ("1.1", True, False)
    made.finish(act)
    assert differences(made.state, placement) == ()
    assert not made.plan().waits


def test_other_content_is_not_replaced_by_what_was_never_deployed() -> None:
    made = world(service("web"))
    changed_content(made, altered="bin/run")
    known = dict(made.catalog.by_service["web"])
    known["1.1"] = replace(known["1.1"], sha256="e" * 64)
    made.catalog = replace(made.catalog, by_service={**made.catalog.by_service, "web": known})
    assert begun(made) == []
    assert [wait.reason for wait in made.plan().waits] == [Reason.ARTIFACT_UNVERIFIED]


def test_the_same_version_again_replaces_other_content_where_healing_only_reports() -> None:
    made = world(replace(service("web"), heal=Heal.REPORT))
    changed_content(made, altered="bin/run")
    assert begun(made) == []
    ask(made, Deploy("ana", "prod", {"web": "1.1"}))
    (act,) = made.settle()
    assert (act.placement.host, act.anew) == ("web-1", True)
    made.finish(act)
    assert made.run() == [], "the other one is at its goal"
