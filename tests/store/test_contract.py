"""Both stores, the engine's on aiosqlite and the simulation's on sqlite3, behave alike."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StoreDamaged, StoreError, StoreLocked
from engine.model.state import State
from engine.store.queries import Migration, migrations
from engine.store.sqlite import SqliteStore
from engine.store.sync import SyncStore
from tests.store.journals import recorded

Store = SqliteStore | SyncStore
Opener = Callable[..., Awaitable[Store]]


@pytest.fixture(params=["aiosqlite", "sqlite3"])
def opener(request: pytest.FixtureRequest) -> Opener:
    async def open_store(folder: Path, **options: Any) -> Store:
        if request.param == "aiosqlite":
            return await SqliteStore.open(folder, **options)
        return SyncStore.open(folder, **options)

    return open_store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


async def test_a_new_journal_is_empty_and_has_an_id_of_its_own(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    loaded = await store.load()
    await store.close()
    assert (loaded.seq, loaded.events, loaded.state) == (0, (), State(store=loaded.store))
    assert len(loaded.store) == 16
    other = await opener(folder.with_name("other"))
    assert (await other.load()).store != loaded.store
    await other.close()


async def test_reading_before_an_event_and_of_some_kinds(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    events = recorded(1, 30)
    await store.append(events)
    assert await store.read(newest=True, limit=4, before=20) == events[15:19]
    moves = [each for each in events if each.seq % 3 == 0]
    assert await store.read(kinds=["MoveIntended"]) == moves
    assert await store.read(kinds=["MoveIntended"], after=6, limit=2) == moves[2:4]
    assert await store.read(kinds=["MoveIntended"], newest=True, limit=2, before=30) == moves[-3:-1]
    assert await store.read(kinds=["MoveIntended", "HostSeen", "'); --"]) == events
    await store.close()


async def test_an_inventory_is_kept_once_and_found_by_its_digest(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    digest = await store.keep_inventory('{"inventory": "é"}')
    assert await store.keep_inventory('{"inventory": "é"}') == digest
    assert await store.keep_inventory("{}") != digest
    await store.close()
    store = await opener(folder)
    assert await store.inventory(digest) == '{"inventory": "é"}'
    assert await store.inventory("0" * 64) is None
    await store.close()


async def test_an_inventory_that_was_changed_on_disk_is_refused(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    digest = await store.keep_inventory("{}")
    await store.close()
    with sqlite3.connect(folder / "journal.db") as raw:
        with pytest.raises(sqlite3.Error, match="never changes"):
            raw.execute("UPDATE inventory SET body = x'00'")
        raw.execute("DROP TRIGGER inventory_stays")
        raw.execute("UPDATE inventory SET body = x'00'")
    raw.close()
    store = await opener(folder)
    with pytest.raises(StoreDamaged, match="is not what was kept"):
        await store.inventory(digest)
    await store.close()


async def test_what_was_appended_is_there_after_a_restart(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    await store.append(recorded(1, 5))
    await store.append([])
    await store.append(recorded(6, 6))
    before = await store.load()
    await store.close()
    store = await opener(folder)
    after = await store.load()
    assert after == before
    assert list(after.events) == recorded(1, 6)
    await store.append(recorded(7, 7))
    assert await store.read(after=5) == recorded(6, 7)
    await store.close()


async def test_only_the_owner_can_read_it(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    await store.append(recorded(1, 3))
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    await store.close()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {"journal.db", "journal.lock"} <= set(modes)
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize(("first", "last"), [(4, 4), (2, 2), (1, 1)], ids=["gap", "again", "from the start"])
async def test_events_that_do_not_follow_are_refused(opener: Opener, folder: Path, first: int, last: int) -> None:
    store = await opener(folder)
    await store.append(recorded(1, 2))
    with pytest.raises(StoreError, match=f"event {first} cannot follow event 2"):
        await store.append(recorded(first, last))
    await store.append(recorded(3, 3))
    assert await store.read() == recorded(1, 3)
    await store.close()


async def test_the_file_itself_refuses_gaps_and_edits(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    await store.append(recorded(1, 2))
    await store.close()
    with sqlite3.connect(folder / "journal.db") as connection:
        for sql in (
            "INSERT INTO event VALUES (4, '', 0, '', NULL, '', '')",
            "UPDATE event SET body = '' WHERE seq = 1",
            "DELETE FROM event WHERE seq = 2",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(sql)
    connection.close()


@pytest.mark.parametrize("count", [10, 2500])
async def test_reading_by_place_change_and_newest(opener: Opener, folder: Path, count: int) -> None:
    events = recorded(1, count)
    of_change = [event for event in events if event.seq % 3 == 0]
    store = await opener(folder)
    await store.append(events)
    assert await store.read(limit=3) == events[:3]
    assert await store.read(after=4, limit=count) == events[4:]
    assert await store.read(limit=4, newest=True) == events[-4:]
    assert await store.read(limit=2 * count, newest=True) == events
    assert await store.read(after=count - 2, limit=5, newest=True) == events[-2:]
    assert await store.read(change="7", limit=count) == of_change
    assert await store.read(change="7", after=5, limit=1) == of_change[1:2]
    assert await store.read(change="7", limit=2, newest=True) == of_change[-2:]
    assert await store.read(change="8") == []
    await store.close()


async def test_a_snapshot_shortens_the_tail_and_the_newest_two_are_kept(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    await store.append(recorded(1, 9))
    for seq in (3, 5, 8):
        await store.save_snapshot(seq, State(store="x", epoch=seq))
    loaded = await store.load()
    await store.close()
    assert (loaded.seq, loaded.state.epoch) == (8, 8)
    assert list(loaded.events) == recorded(9, 9)
    with sqlite3.connect(folder / "journal.db") as connection:
        assert connection.execute("SELECT seq FROM snapshot ORDER BY seq").fetchall() == [(5,), (8,)]
    connection.close()


async def test_a_snapshot_that_cannot_be_read_is_passed_over(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    await store.append(recorded(1, 9))
    await store.save_snapshot(5, State(epoch=5))
    await store.save_snapshot(8, State(epoch=8))
    await store.close()
    with sqlite3.connect(folder / "journal.db") as connection:
        connection.execute("UPDATE snapshot SET body = '{' WHERE seq = 8")
    connection.close()
    store = await opener(folder)
    loaded = await store.load()
    assert (loaded.seq, loaded.state.epoch, list(loaded.events)) == (5, 5, recorded(6, 9))
    await store.close()


async def test_missing_events_are_damage(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    await store.append(recorded(1, 9))
    await store.close()
    with sqlite3.connect(folder / "journal.db") as connection:
        connection.execute("DROP TRIGGER event_is_kept")
        connection.execute("DELETE FROM event WHERE seq = 4")
    connection.close()
    store = await opener(folder)
    with pytest.raises(StoreDamaged, match="event 4 is missing"):
        await store.load()
    await store.close()


async def test_a_second_engine_is_refused_by_name_of_the_first(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    with pytest.raises(StoreLocked, match=rf"process {os.getpid()}.*{folder}"):
        await opener(folder)
    await store.append(recorded(1, 1))
    await store.close()
    store = await opener(folder)
    assert await store.read() == recorded(1, 1)
    await store.close()


async def test_a_closed_store_refuses(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.append(recorded(1, 1))


async def test_a_folder_that_cannot_be_made_is_a_sentence(opener: Opener, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"state folder .* cannot be used"):
        await opener(tmp_path / "file" / "state")


NOW = migrations()[-1].number
ADDS_A_COLUMN = Migration(NOW + 1, ("ALTER TABLE journal ADD COLUMN note TEXT", "UPDATE journal SET note = 'migrated'"))
FAILS_HALF_WAY = Migration(NOW + 1, (*ADDS_A_COLUMN.statements, "INSERT INTO nowhere VALUES (1)"))


async def test_an_older_journal_is_migrated_and_keeps_everything(opener: Opener, folder: Path) -> None:
    store = await opener(folder, known=migrations())
    await store.append(recorded(1, 5))
    await store.close()
    store = await opener(folder, known=(*migrations(), ADDS_A_COLUMN))
    assert await store.read() == recorded(1, 5)
    await store.append(recorded(6, 6))
    await store.close()
    with sqlite3.connect(folder / "journal.db") as connection:
        assert connection.execute("SELECT note FROM journal").fetchall() == [("migrated",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (NOW + 1,)
    connection.close()


async def test_a_migration_that_fails_changes_nothing(opener: Opener, folder: Path) -> None:
    store = await opener(folder)
    await store.append(recorded(1, 5))
    await store.close()
    with pytest.raises(StoreError, match=r"nowhere.*Nothing was changed"):
        await opener(folder, known=(*migrations(), FAILS_HALF_WAY))
    store = await opener(folder)
    assert await store.read() == recorded(1, 5)
    await store.close()


async def test_a_journal_of_a_newer_version_is_refused(opener: Opener, folder: Path) -> None:
    store = await opener(folder, known=(*migrations(), ADDS_A_COLUMN))
    await store.close()
    before = (folder / "journal.db").read_bytes()
    with pytest.raises(StoreError, match=rf"has format {NOW + 1}.*up to {NOW}.*newer version"):
        await opener(folder, known=migrations())
    assert (folder / "journal.db").read_bytes() == before
