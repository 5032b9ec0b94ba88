"""What goes into the journal comes out of it, exactly; what is not understood is refused."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import StoreDamaged
from engine.model.event import Event, HostSeen, Recorded
from engine.model.observation import Reach
from engine.model.state import State
from engine.store import codec
from tests.store.journals import AT, anything_of, states

ROW = (3, AT.isoformat(), 0.5, "HostSeen", '{"host":"a","reach":"up","boot_id":"b","fenced":true}')


def there_and_back(recorded: Recorded) -> Recorded:
    seq, at, elapsed_s, kind, _, body = codec.encode_event(recorded)
    return codec.decode_event((seq, at, elapsed_s, kind, body))


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_every_kind_of_event_comes_back_as_it_was(kind: type[Event]) -> None:
    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(anything_of(kind), st.datetimes(timezones=st.just(UTC)), st.floats(0, 1e9))
    def comes_back(event: Event, at: datetime, elapsed_s: float) -> None:
        recorded = Recorded(1, at, elapsed_s, event)
        assert there_and_back(recorded) == recorded

    comes_back()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(states())
def test_a_state_comes_back_as_it_was(state: State) -> None:
    assert codec.decode_state(codec.encode_state(state)) == state


def test_a_snapshot_stores_every_field_of_the_state() -> None:
    assert set(codec._StoredState.model_fields) == {field.name for field in fields(State)}


def test_times_keep_their_instant_and_microseconds() -> None:
    at = datetime(2026, 5, 6, 7, 8, 9, 123456, tzinfo=timezone(timedelta(hours=2)))
    assert there_and_back(Recorded(1, at, 0.1 + 0.2, HostSeen("h", Reach.UP, "b", True))).at == at


def test_a_field_that_an_older_engine_did_not_write_gets_its_default() -> None:
    assert codec.decode_event(ROW).event == HostSeen("a", Reach.UP, "b", True, reason="")


def test_a_field_of_a_newer_engine_is_refused_and_named() -> None:
    with pytest.raises(StoreDamaged, match=r"event 3 .*HostSeen.*retired"):
        codec.decode_event((*ROW[:4], ROW[4].replace('"host"', '"retired":true,"host"')))


def test_a_kind_of_a_newer_engine_is_refused_and_named() -> None:
    with pytest.raises(StoreDamaged, match=r"event 3 .*'HostVanished'.*newer version"):
        codec.decode_event((*ROW[:3], "HostVanished", "{}"))


@pytest.mark.parametrize(
    "row",
    [(*ROW[:4], "{"), (*ROW[:4], "null"), (*ROW[:4], "[]"), (3, "yesterday", *ROW[2:]), (*ROW[:4], '{"host":1}')],
    ids=["cut", "null", "list", "no time", "wrong type"],
)
def test_an_unreadable_row_is_refused(row: tuple[Any, ...]) -> None:
    with pytest.raises(StoreDamaged, match="event 3 of the journal"):
        codec.decode_event(row)
