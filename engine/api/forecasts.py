"""The routes of the forecast: what starts and ends when, and how good that has been so far."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from engine.api.problems import Reply
from engine.api.protocol import AccuracyView, ForecastsView, ForeseenView, LegView, PlanView
from engine.api.reading import port_of
from engine.api.times import when
from engine.errors import RequestRefused
from engine.model.forecast import Forecast
from engine.model.snapshot import Snapshot
from engine.plan.forecast import accuracy

router = APIRouter(prefix="/v1", tags=["forecast"])
NOT_IN_TIME = "The forecast could not be worked out in time; ask again when fewer changes are queued."


@router.get("/forecast", response_model=ForecastsView)
async def forecast(request: Request) -> Any:
    """What of the queue starts and ends when, as things stand."""
    snapshot = port_of(request).snapshot
    found = await port_of(request).forecast(snapshot)
    if found is None:
        raise RequestRefused(NOT_IN_TIME)
    return Reply(forecasts_view(snapshot, found))


@router.get("/forecast/accuracy", response_model=AccuracyView)
async def forecast_accuracy(request: Request) -> Any:
    """The first forecast of each change that the engine has in mind, against what came."""
    found = accuracy(tuple(port_of(request).snapshot.state.changes.values()))
    view: AccuracyView = {
        "starts": found.starts,
        "ends": found.ends,
        "start_error": found.start_error,
        "end_error": found.end_error,
        "covered": found.covered,
    }
    return Reply(view)


def with_times(view: PlanView, queued: Snapshot, found: Forecast, first: int) -> PlanView:
    """A preview with the times of its steps, from a forecast of the snapshot in which they are
    queued, as change ``first`` and those after it."""
    changes = queued.state.changes
    legs = [leg for leg in found.legs if int(leg.change) >= first]
    steps = []
    for step in view["steps"]:
        wanted = (step["service"], step["to"])
        leg = next((leg for leg in legs if (leg.service, changes[leg.change].item(leg.service).goal) == wanted), None)
        if leg is not None:
            legs.remove(leg)
        steps.append(step if leg is None else {**step, "start": when(leg.start), "end": when(leg.end)})
    return {**view, "steps": steps}


def forecasts_view(snapshot: Snapshot, found: Forecast) -> ForecastsView:
    """A forecast in the shape of the protocol."""
    changes = snapshot.state.changes
    return {
        "made": when(found.made),
        "complete": found.complete,
        "changes": [
            ForeseenView(
                change=each.change,
                start=when(each.start),
                end=when(each.end),
                end_p90=when(each.end_p90),
                held=each.held,
            )
            for each in found.changes
        ],
        "legs": [
            LegView(
                change=leg.change,
                environment=changes[leg.change].environment,
                service=leg.service,
                to=changes[leg.change].item(leg.service).goal,
                start=when(leg.start),
                end=when(leg.end),
            )
            for leg in found.legs
        ],
    }
