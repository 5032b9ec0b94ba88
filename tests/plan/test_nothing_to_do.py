"""A deployment of what runs already queues nothing, unless something really differs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.names import InstanceId
from engine.model.observation import Health
from engine.model.request import Deploy
from engine.plan.preview import preview
from engine.plan.requests import judge
from tests.builders import World, service, world


def deployed() -> World:
    made = world(service("a"), service("b"))
    made.deploy(a="2.0", b="2.0")
    made.run()
    return made.see("a", "2.0").see("b", "2.0")


def asked(made: World, **versions: str) -> tuple[list[str], str]:
    events, said = judge(made.snapshot, Deploy("ana", "prod", versions))
    return [item.service for event in events for item in getattr(event, "change").items], said  # noqa: B009


def test_what_runs_as_asked_is_said_at_once() -> None:
    made = deployed()
    assert asked(made, a="2.0") == (
        [],
        "a 2.0 runs in prod as asked already, healthy on every placement; nothing was queued",
    )
    assert preview(made.snapshot, Deploy("ana", "prod", {"a": "2.0"})).steps == ()


def test_of_several_only_what_differs_is_queued() -> None:
    services, said = asked(deployed(), a="2.0", b="2.1")
    assert services == ["b"]
    assert said.endswith("b 2.1 in prod; a 2.0 runs there already")


@pytest.mark.parametrize("how", ["configuration", "artifact", "sick", "other version", "queued", "unseen"])
def test_what_really_differs_is_queued(how: str) -> None:
    made = deployed()
    if how == "configuration":
        known = made.inventory.services["a"]
        changed = replace(known, configuration=replace(known.configuration, command="bin/other"))
        made.inventory = replace(made.inventory, services=made.inventory.services | {"a": changed})
    elif how == "artifact":
        for placement in made.inventory.placements(InstanceId("a", "prod")):
            sighting = made.state.sightings[placement]
            made.state = replace(
                made.state, sightings={**made.state.sightings, placement: replace(sighting, sha256="f" * 64)}
            )
    elif how == "sick":
        made.see("a", "2.0", health=Health.FAILING)
    elif how == "other version":
        made.see("a", "2.0", "1.0")
    elif how == "queued":
        made.deploy(a="2.1")
    else:
        made.state = replace(made.state, sightings={})
    assert asked(made, a="2.0")[0] == ["a"]
