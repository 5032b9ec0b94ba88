"""A console whose engine sends garbage: boards and events that are spoilt, at random and by the seed. It keeps the
last picture that was one, says so, and draws whatever has the shape of one."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from engine.api.protocol import Board, WatchEvent
from engine.api.shape import misfit
from tests.console.conftest import Open
from tests.console.fake_engine import FakeEngine
from tests.console.test_hostile import drawn
from tests.inventory.mutation import STRUCTURAL, paths

SPOILT = 30
BATCHES = 2
EVENT = {
    "seq": 0,
    "at": "2026-01-05T12:00:00Z",
    "kind": "move-ended",
    "change": "41",
    "subject": "x@prod",
    "message": "m",
}


def spoil(chance: random.Random, sound: Any) -> Any:
    """The same, spoilt in one to four places, as JSON would carry it."""
    spoilt = copy.deepcopy(sound)
    for _ in range(chance.choice([1, 1, 2, 4])):
        places = paths(spoilt)
        if places and len(places) < 20_000:
            chance.choice(STRUCTURAL)(chance, spoilt, chance.choice(places))
    return json.loads(json.dumps(spoilt))


@pytest.mark.parametrize("batch", range(BATCHES))
async def test_garbage_is_no_crash(batch: int, engine: FakeEngine, opened: Open) -> None:
    sound, fitting, misfits = engine.board, 0, 0
    async with opened() as hand:
        for number in range(batch * SPOILT, (batch + 1) * SPOILT):
            chance = random.Random(number)
            engine.board = spoil(chance, sound)
            is_board = not misfit(engine.board, Board)
            fitting, misfits = fitting + is_board, misfits + (not is_board)
            event = spoil(chance, EVENT)
            for watcher in list(engine.watchers):
                watcher.put(event if chance.random() < 0.5 else chance.choice([None, 7, [], {}, "x", {"seq": "1"}]))
            hand.app.feed.ring()
            await hand.press(chance.choice("12345678"))
            assert hand.app.is_running, number
            assert drawn(hand.app).isprintable(), number
        engine.board = sound
        engine.say("move-ended", "x@prod", "all is well again")
        await hand.until(lambda: hand.app.picture.connected)
        assert hand.app.is_running
    # The garbage must reach both ends: what never looks like a board proves little.
    assert fitting > SPOILT / 10
    assert misfits > SPOILT / 10


def test_the_sound_ones_fit(engine: FakeEngine) -> None:
    assert misfit(engine.board, Board) == ""
    assert misfit(EVENT, WatchEvent) == ""
