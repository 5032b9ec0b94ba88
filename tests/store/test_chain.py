"""The chain of the journal: whatever is done to the file behind the engine's back, the audit names
the first event that is not what was written."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.store.chain import START, Entry, Verdict, chained, verify
from engine.store.codec import encode_event
from engine.store.queries import migrations
from engine.store.sync import SyncStore
from tests.store.journals import recorded

ROWS = [encode_event(each) for each in recorded(1, 40)]
ENTRIES = chained(START, ROWS)


def test_the_hash_can_be_worked_out_by_hand() -> None:
    seq, at, elapsed_s, kind, change, body = ROWS[0]
    lines = "\n".join(["0" * 64, str(seq), at, repr(elapsed_s), kind, change or "-", body])
    assert ENTRIES[0].hash == hashlib.sha256(lines.encode()).hexdigest()


def test_an_untouched_chain_holds() -> None:
    found = verify(ENTRIES)
    assert (found.wrong, found.entries, found.unchained, found.head) == ("", 40, 0, ENTRIES[-1].hash)
    assert verify(ENTRIES[25:], verify(ENTRIES[:25])) == found


@given(st.integers(0, 39), st.sampled_from(["at", "elapsed_s", "kind", "change", "body", "hash"]))
def test_an_edit_is_found_at_the_event_that_was_edited(place: int, what: str) -> None:
    old = getattr(ENTRIES[place], what)
    spoilt = ENTRIES[place]._replace(**{what: (old + 1 if what == "elapsed_s" else f"{old or ''} ")})
    found = verify([*ENTRIES[:place], spoilt, *ENTRIES[place + 1 :]])
    assert f"event {place + 1} is not what was written" in found.wrong
    assert found.seq == place


@given(st.integers(0, 38))
def test_what_is_left_out_is_found(place: int) -> None:
    assert verify([*ENTRIES[:place], *ENTRIES[place + 1 :]]).wrong == f"event {place + 1} is missing"


@given(st.integers(0, 38))
def test_what_changes_places_is_found(place: int) -> None:
    one, two = ENTRIES[place], ENTRIES[place + 1]
    swapped = [two._replace(seq=one.seq), one._replace(seq=two.seq)]
    assert verify([*ENTRIES[:place], *swapped, *ENTRIES[place + 2 :]]).wrong.startswith(f"event {place + 1} is not")


def test_a_lost_hash_does_not_pass_for_an_old_event() -> None:
    bare = ENTRIES[7]._replace(hash=None)
    assert verify([*ENTRIES[:7], bare, *ENTRIES[8:]]).wrong == "event 8 has lost its hash"


def test_a_chain_forged_anew_from_some_event_on_has_another_head() -> None:
    """That is what a head kept elsewhere is for."""
    forged = chained(str(ENTRIES[9].hash), [(*ROWS[10][:5], "{}"), *ROWS[11:]])
    found = verify([*ENTRIES[:10], *forged])
    assert found.wrong == ""
    assert found.head != ENTRIES[-1].hash


BEHIND_ITS_BACK: list[tuple[str, str, str]] = [
    ("event_stays", "UPDATE event SET body = replace(body, 'e', 'f') WHERE seq = 12", "event 12 is not"),
    ("event_is_kept", "DELETE FROM event WHERE seq = 12", "event 12 is missing"),
    ("event_stays", "UPDATE event SET hash = NULL WHERE seq = 12", "event 12 has lost its hash"),
]


@pytest.mark.parametrize(("trigger", "deed", "wrong"), BEHIND_ITS_BACK, ids=lambda each: each[:20])
async def test_the_file_edited_behind_the_engines_back(tmp_path: Path, trigger: str, deed: str, wrong: str) -> None:
    store = SyncStore.open(tmp_path / "state")
    await store.append(recorded(1, 30))
    await store.append(recorded(31, 40))
    assert verify(await store.entries(limit=100)).entries == 40
    await store.close()
    with sqlite3.connect(tmp_path / "state" / "journal.db") as connection:
        connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(deed)
    connection.close()
    store = SyncStore.open(tmp_path / "state")
    assert verify(await store.entries(limit=100)).wrong.startswith(wrong)
    await store.close()


async def test_a_journal_from_before_the_chain_goes_on_chained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    with sqlite3.connect(folder / "journal.db", isolation_level=None) as connection:
        for statement in migrations()[0].statements:
            connection.execute(statement)
        connection.execute("INSERT INTO journal (only_row, store) VALUES (1, 'old')")
        connection.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", ROWS[:20])
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    store = SyncStore.open(folder)
    assert (await store.load()).events == tuple(recorded(1, 20))
    await store.append(recorded(21, 40))
    found = verify(await store.entries(limit=100))
    assert (found.wrong, found.entries, found.unchained) == ("", 40, 20)
    await store.close()


def test_a_verdict_says_where_it_stopped() -> None:
    spoilt: Callable[[Entry], Entry] = lambda entry: entry._replace(body="{}")  # noqa: E731
    assert verify([*ENTRIES[:3], spoilt(ENTRIES[3])]) == Verdict(
        4, 0, 3, str(ENTRIES[2].hash), "event 4 is not what was written, or what stood before it was changed"
    )
