"""When a forecast is made anew: at everything that it looks at, and not for what it is blind to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.model.alarm import Verdict
from engine.model.consent import Approval
from engine.model.event import AlarmSeen, ChangePaused, ForecastPublished, InstanceHeld
from engine.model.inventory import Limits
from engine.model.names import InstanceId
from engine.model.observation import Health
from engine.runtime.foresight import picture
from tests.builders import T0, World, down, service, without, world


def queued() -> World:
    made = world(service("ledger"), service("shop", ("ledger", ">=1")))
    made.deploy(ledger="2.0", shop="2.0")
    return made


def approve(made: World) -> object:
    change = made.state.changes["1"]
    changes = {"1": replace(change, approvals=(Approval("bo", change.digest, T0),))}
    made.state = replace(made.state, changes=changes)
    return made


def reload(made: World) -> object:
    made.inventory = replace(made.inventory, limits=Limits(rollouts=1))
    return made


@pytest.mark.parametrize(
    "happen",
    [
        lambda made: made.deploy(shop="3.0"),
        lambda made: made.record(ChangePaused("1", "ana")),
        lambda made: made.record(InstanceHeld(InstanceId("shop", "prod"), "ana")),
        lambda made: made.record(AlarmSeen("errors", Verdict.FIRING, "")),
        lambda made: made.settle(),
        lambda made: down(made, "shop-1"),
        lambda made: without(made, "shop", "2.0"),
        approve,
        reload,
    ],
    ids=["queue", "pause", "hold", "alarm", "start", "host", "artifact", "approval", "reload"],
)
def test_what_a_forecast_looks_at_changes_the_picture(happen: object) -> None:
    made = queued()
    before = picture(made.snapshot)
    happen(made)  # type: ignore[operator]
    assert picture(made.snapshot) != before


def test_time_forecasts_and_what_services_say_do_not() -> None:
    made = queued()
    before = picture(made.snapshot)
    made.elapsed_s += 100
    made.record(ForecastPublished("1", T0, T0 + timedelta(hours=1), T0 + timedelta(hours=2), ""))
    made.see("shop", "1.0", health=Health.FAILING)
    assert picture(made.snapshot) == before
