"""Events that are read together are what each of them is alone, whatever their kinds and order."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from engine.errors import StoreDamaged
from engine.model.event import EnginePaused, EngineResumed, HostSeen, Recorded
from engine.model.observation import Reach
from engine.store.codec import decode_event, decode_events, encode_event

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
KINDS = (EnginePaused("ana"), EngineResumed("bob"), HostSeen("h1", Reach.UP, "boot", True, 'a "]},{["'))


def _rows(count: int) -> list[tuple[object, ...]]:
    chance = random.Random(count)
    recorded = [Recorded(seq, NOW, seq / 8, chance.choice(KINDS)) for seq in range(1, count + 1)]
    rows = [encode_event(each) for each in recorded]
    return [(seq, at, elapsed_s, kind, body) for seq, at, elapsed_s, kind, _, body in rows]


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_together_they_are_what_each_is_alone(count: int) -> None:
    rows = _rows(count)
    assert decode_events(rows) == [decode_event(row) for row in rows]


@pytest.mark.parametrize("body", ["{", '{"by":"x"},{"by":"y"}', '{"by":"x","more":1}', ""])
def test_one_that_cannot_be_read_is_named(body: str) -> None:
    rows = _rows(30)
    at = next(place for place, row in enumerate(rows) if row[3] == "EnginePaused" and place > 3)
    rows[at] = (*rows[at][:4], body)
    with pytest.raises(StoreDamaged, match=f"event {at + 1} of the journal"):
        decode_events(rows)


def test_a_kind_that_is_not_known_is_named() -> None:
    rows = _rows(10)
    rows[4] = (*rows[4][:3], "Novelty", "{}")
    with pytest.raises(StoreDamaged, match="event 5 of the journal is a 'Novelty'"):
        decode_events(rows)
