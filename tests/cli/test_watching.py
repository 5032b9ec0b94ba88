"""``interlock watch`` over a link that breaks: what happened meanwhile is told, each event once and in order."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.cli import following
from engine.api.narrative import tell
from engine.model.decision import ChangeHeld, ChangeReleased
from engine.runtime.watchers import News
from tests.api.served import Served
from tests.cli.conftest import Interlock, Ran


class Watching:
    """A watch in a thread, which ends with the change that it follows."""

    def __init__(self, interlock: Interlock, *args: str) -> None:
        self.ran: list[Ran] = []
        self.thread = threading.Thread(target=lambda: self.ran.append(interlock("watch", *args)))
        self.thread.start()

    def end(self) -> Ran:
        self.thread.join(20)
        assert not self.thread.is_alive()
        return self.ran[0]


class Streams:
    """Counts the streams that were ever opened."""

    def __init__(self, engine: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = 0
        watch = engine.engine.watch

        def counted() -> AsyncIterator[News]:
            self.opened += 1
            return watch()

        monkeypatch.setattr(engine.engine, "watch", counted)

    def until(self, count: int) -> None:
        deadline = time.monotonic() + 10
        while self.opened < count:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_link_that_breaks_loses_nothing_and_repeats_nothing(
    still: Served, interlock: Interlock, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = Streams(still, monkeypatch)
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    watching = Watching(interlock, "1", "-o", "json")
    for count in range(1, 4):
        streams.until(count)
        still.do(lambda: [each.transport.abort() for each in list(still.server._server.server_state.connections)])
        still.do(lambda: still.engine.happen(ChangeHeld("1", "sam"), ChangeReleased("1", "sam")))
    streams.until(4)
    while still.do(still.engine.step):
        pass
    ran = watching.end()
    events = [json.loads(line) for line in ran.out.splitlines()]
    told = [event["seq"] for event in events]
    assert [event["kind"] for event in events].count("change-held") == 3
    journal = [each.seq for each in still.engine.store.events if tell(each)["change"] == "1"]
    assert ran.code == 0
    assert told == [seq for seq in journal if seq >= told[0]]
    assert events[-1]["message"] == "change 1 is succeeded"


def test_an_engine_that_stays_away_ends_it_with_3(
    still: Served, interlock: Interlock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(following, "ABSENCE_S", 0.3)
    streams = Streams(still, monkeypatch)
    watching = Watching(interlock)
    streams.until(1)
    still.do(still.server.app.state.stopping.set)
    (tmp_path / "engine.sock").unlink()
    ran = watching.end()
    assert ran.code == 3
    assert "the engine does not answer; waiting up to 0 s for it to come back" in ran.err
    assert "No engine can be reached" in ran.err
