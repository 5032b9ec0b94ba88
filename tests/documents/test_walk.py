"""The walk of one deploy in docs/architecture.md is the way that a deploy really takes."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from console.cli.main import run
from engine.api.desk import Desk
from engine.api.server import ApiServer
from engine.fleet.embedded import embedded_fleet
from engine.model.change import Status
from engine.runtime.forecaster import Forecaster
from engine.runtime.kept import Kept
from engine.runtime.lag import Lag
from tests.documents.shown import ROOT
from tests.runtime.running import running_engine

Station = tuple[str, str]


def stations() -> list[Station]:
    """(file, function) as the document names them, in its order."""
    text = (ROOT / "docs/architecture.md").read_text()
    walk = text.partition("## One deploy")[2].partition("\n## ")[0]
    return re.findall(r"`((?:engine|console)/[\w/]+\.py):(\w+)`", walk)


@contextmanager
def calls_to(wanted: set[Station]) -> Iterator[list[Station]]:
    """Every call to one of the functions wanted, in any thread, as it happens."""
    seen: list[Station] = []
    files = {str(ROOT / file): file for file, _ in wanted}

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and (file := files.get(frame.f_code.co_filename)):
            station = (file, frame.f_code.co_name)
            if station in wanted:
                seen.append(station)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def missed(walk: list[Station], seen: list[Station]) -> list[Station]:
    """What of the walk is not met, going through what was seen once, from the front."""
    way = iter(seen)
    return [station for station in walk if station not in way]


async def test_a_deploy_takes_the_way_that_the_document_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = stations()
    assert len(walk) > 15
    async with (
        embedded_fleet(tmp_path / "fleet", services=1, hosts=2) as fleet,
        running_engine(fleet.inventory, fleet.state) as running,
    ):
        forecaster = Forecaster()
        desk = Desk(running.engine, fleet.inventory, Lag(), forecaster, Kept(fleet.state / "artifacts"))
        server = ApiServer(desk, fleet.state / "engine.sock")
        await server.start()
        monkeypatch.setenv("INTERLOCK_STATE", str(fleet.state))
        monkeypatch.setenv("INTERLOCK_INVENTORY", str(fleet.inventory))
        monkeypatch.delenv("INTERLOCK_ENGINE", raising=False)
        command = ["deploy", "config=1.9.0", "-e", "prod", "--wait"]
        try:
            # A thread of its own: only what begins under the profiler is followed.
            with calls_to(set(walk)) as seen, ThreadPoolExecutor(1) as thread:
                assert await asyncio.get_running_loop().run_in_executor(thread, run, command) == 0
        finally:
            await server.stop()
            await forecaster.close()
        assert [change.status for change in running.engine.snapshot.state.changes.values()] == [Status.SUCCEEDED]
    assert missed(walk, seen) == []


def test_another_order_is_noticed() -> None:
    walk = stations()
    assert missed(walk, walk) == []
    assert missed([walk[1], walk[0], *walk[2:]], walk) != []
