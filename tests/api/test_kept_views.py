"""What is kept between replies says what would be said without: finished changes, and the same moment for all."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from engine.api import boards
from engine.api.moment import Moment
from engine.api.settled import Settled
from engine.api.views import change_views, status_rows
from engine.model.consent import Approval
from engine.plan.planner import plan
from engine.runtime.work import Activity
from tests.builders import T0, World, service, world


def converged() -> World:
    """Two services; web is deployed and done, api waits."""
    made = world(service("web"), service("api"))
    made.deploy(web="2.0")
    for _ in range(10):
        for move in made.settle():
            made.finish(move)
    return made


def moment(made: World) -> Moment:
    """As the server makes it: with a plan that was made of this very state."""
    return Moment(made.snapshot, plan(made.snapshot), {})


def afresh(made: World) -> list[object]:
    """The views with nothing known from before."""
    return list(change_views(Moment(made.snapshot, replace(plan(made.snapshot), estate=None), {})))


def test_a_finished_change_is_viewed_once_until_it_is_another() -> None:
    made, settled = converged(), Settled()
    (first,) = change_views(moment(made), settled)
    assert first["state"] == "succeeded"
    made.deploy(api="2.0")
    queued, again = change_views(moment(made), settled)
    assert again is first
    assert queued["state"] != "succeeded"
    assert [queued, again] == afresh(made)
    made.deploy(web="1.0")
    assert change_views(moment(made), settled) == afresh(made)


def test_what_time_alone_changes_is_viewed_anew() -> None:
    made, settled = converged(), Settled()
    (done,) = made.state.changes.values()
    given = Approval("ana", T0, done.digest)
    made.state = replace(made.state, changes={done.id: replace(done, approvals=(given,))})
    (first,) = change_views(moment(made), settled)
    made.elapsed_s += 400 * 86400
    (again,) = change_views(moment(made), settled)
    assert again is not first
    assert [again] == afresh(made)


def test_rows_of_a_planned_moment_are_those_of_one_looked_at_afresh() -> None:
    made = converged()
    made.deploy(web="3.0", api="2.0")
    made.settle()
    planned, bare = moment(made), Moment(made.snapshot, replace(plan(made.snapshot), estate=None), {})
    assert planned.estate is not bare.estate
    assert status_rows(planned) == status_rows(bare)


@pytest.mark.parametrize("large", [1, 1000])
async def test_all_who_ask_at_one_moment_get_one_board_until_a_step_has_another_phase(
    large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "LARGE", large)
    made, asked = converged(), list[str]()
    activity: dict[str, Activity] = {}
    now, kept = Moment(made.snapshot, plan(made.snapshot), activity), boards.Boards(Settled())

    def latency_ms(host: str) -> None:
        asked.append(host)

    async def board(person: str, at: Moment = now) -> dict[str, object]:
        return dict(json.loads(await kept.body(at, {"you": person}, latency_ms)))  # type: ignore[typeddict-item]

    first, second = await asyncio.gather(board("ana"), board("bo"))
    assert (first.pop("engine"), second.pop("engine")) == ({"you": "ana"}, {"you": "bo"})
    assert first == second
    assert first["status"] == status_rows(now)
    assert len(asked) == len(made.inventory.hosts)
    activity["step"] = Activity("switching")
    await board("ana")
    assert len(asked) == 2 * len(made.inventory.hosts)
    made.deploy(api="2.0")
    assert len((await board("ana", moment(made)))["changes"]) == 2  # type: ignore[arg-type]
