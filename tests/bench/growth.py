"""How every cost grows: with services, with the queue, with the journal's history, with hosts. The report draws it
(docs/growth.svg), one panel for each of these.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from engine.api.moment import Moment
from engine.api.views import change_views, host_views, status_rows
from engine.model.snapshot import Snapshot
from engine.plan.forecast import forecast
from engine.plan.planner import plan
from engine.sim.campaign import quietly
from engine.sim.run import Options, simulate
from tests.bench.forecasting import queued
from tests.bench.journal import history, start_s
from tests.bench.planning import best_ms, estate, one_later
from tests.bench.simulation import EVERY_S, peaceful

TITLE = "How every cost grows, milliseconds of CPU: with services, the queue, the history, hosts"
SERVICES, QUEUE, HISTORY, HOSTS = (100, 1_000, 10_000), (5, 50, 500), (1_000, 10_000, 100_000), (25, 100, 400)
LOOKED_S = 300.0
RUNS = 3
Point = tuple[str, float]


def _board(snapshot: Snapshot, decided: object) -> None:
    """What one board costs, to its JSON, with nothing kept from the one before."""
    moment = Moment(snapshot, decided, {})  # type: ignore[arg-type]  # a plan
    whole = [status_rows(moment), change_views(moment), host_views(moment, lambda _: None)]
    json.dumps(whole, separators=(",", ":"))


def _services(size: int) -> Iterator[Point]:
    snapshot = estate(size)
    before, later = plan(snapshot), one_later(snapshot)
    yield "a cold plan", best_ms(partial(plan, snapshot), RUNS)
    yield "a plan after one event", best_ms(partial(plan, later, before), RUNS)
    yield "a board", best_ms(partial(_board, snapshot, before), 1 if size > 1_000 else RUNS)


def _queue(size: int) -> Iterator[Point]:
    whole = queued()
    changes = dict(list(whole.state.changes.items())[:size])
    snapshot = replace(whole, state=replace(whole.state, changes=changes))
    yield "a cold plan", best_ms(partial(plan, snapshot), RUNS)
    yield "a forecast", best_ms(partial(forecast, snapshot), 1)


def _history(size: int) -> Iterator[Point]:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(history(Path(folder), size))
        yield "a start without snapshot", 1000 * min(asyncio.run(start_s(Path(folder))) for _ in range(RUNS))


def _hosts(size: int) -> Iterator[Point]:
    options = Options(services=size, hosts=size, faults=None, only=(), trouble_s=LOOKED_S)
    began = time.process_time()
    with quietly():
        report = simulate(1, options, peaceful)
    took_s = time.process_time() - began
    yield f"all looked at once ({EVERY_S:g} s)", 1000 * took_s * EVERY_S / report.virtual_s


PANELS: dict[str, tuple[tuple[int, ...], Callable[[int], Iterator[Point]]]] = {
    "services": (SERVICES, _services),
    "queue": (QUEUE, _queue),
    "history": (HISTORY, _history),
    "hosts": (HOSTS, _hosts),
}


def measure() -> list[dict[str, object]]:
    """A row for each cost at each size."""
    return [
        {"by": by, "cost": cost, "size": size, "ms": round(took_ms, 2)}
        for by, (sizes, costs) in PANELS.items()
        for size in sizes
        for cost, took_ms in costs(size)
    ]
