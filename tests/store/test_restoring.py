"""Backups: copied while the engine writes, refused if they are not whole, put back with nothing lost."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from engine.errors import StoreDamaged, StoreError, StoreLocked
from engine.model.event import EnginePaused
from engine.plan.evolve import fold
from engine.store.copies import entries
from engine.store.restoring import check_backup, restore
from engine.store.sqlite import SqliteStore
from engine.store.sync import SyncStore
from tests.store.journals import recorded


async def journal(folder: Path, last: int) -> None:
    store = SyncStore.open(folder)
    await store.append(recorded(1, last))
    await store.close()


async def test_a_copy_taken_while_others_write_is_whole(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "state")
    await store.append(recorded(1, 500))

    async def write() -> None:
        for first in range(501, 1001, 10):
            await store.append(recorded(first, first + 9))

    await asyncio.gather(write(), store.copy_to(tmp_path / "one"), store.copy_to(tmp_path / "two"))
    assert len(await store.read(limit=2000)) == 1000
    await store.close()
    for name in ("one", "two"):
        assert 500 <= check_backup(tmp_path / name).seq <= 1000
        assert not list(tmp_path.glob(f"{name}-*")), "the copy needs no other file"


async def test_a_copy_never_replaces_a_file(tmp_path: Path) -> None:
    await journal(tmp_path / "state", 3)
    (tmp_path / "there").write_text("precious")
    store = SyncStore.open(tmp_path / "state")
    with pytest.raises(StoreError, match=r"there: .* The journal was not touched"):
        await store.copy_to(tmp_path / "there")
    assert (tmp_path / "there").read_text() == "precious"
    await store.append(recorded(4, 4))
    await store.close()


async def backup(tmp_path: Path, last: int = 20) -> Path:
    await journal(tmp_path / "source", last)
    store = SyncStore.open(tmp_path / "source")
    await store.copy_to(tmp_path / "backup")
    await store.close()
    return tmp_path / "backup"


async def test_what_was_there_is_moved_aside_and_the_engine_starts_paused(tmp_path: Path) -> None:
    file = await backup(tmp_path)
    await journal(tmp_path / "state", 50)
    found = await restore(file, tmp_path / "state", "ana")
    assert (found.seq, found.at) == (20, recorded(20, 20)[0].at)
    assert found.aside is not None
    assert len(list(entries(found.aside / "journal.db"))) == 50
    store = SyncStore.open(tmp_path / "state")
    loaded = await store.load()
    assert loaded.events[:20] == tuple(recorded(1, 20))
    assert loaded.events[20].event == EnginePaused("restore (ana)")
    assert fold(loaded.state, loaded.events[20:]).paused_by == "restore (ana)"
    await store.close()
    assert check_backup(tmp_path / "state" / "journal.db").seq == 21


async def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    found = await restore(await backup(tmp_path), tmp_path / "new", "ana")
    assert found.aside is None
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["journal.db", "journal.lock"]


async def test_a_running_engine_keeps_its_journal(tmp_path: Path) -> None:
    file = await backup(tmp_path)
    store = SyncStore.open(tmp_path / "state")
    await store.append(recorded(1, 3))
    with pytest.raises(StoreLocked):
        await restore(file, tmp_path / "state", "ana")
    assert await store.read() == recorded(1, 3)
    await store.close()


def edited(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TRIGGER event_stays")
        connection.execute("UPDATE event SET body = '{}' WHERE seq = 7")
    connection.close()


def torn(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096 * 2 : 4096 * 2 + 200] = bytes(200)
    file.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:10_000])


@pytest.mark.parametrize("spoil", [edited, torn, cut, lambda file: file.write_text("x" * 9000)])
async def test_a_spoilt_backup_is_refused_and_nothing_changes(tmp_path: Path, spoil: object) -> None:
    file = await backup(tmp_path, 400)
    await journal(tmp_path / "state", 5)
    assert callable(spoil)
    spoil(file)
    with pytest.raises(StoreDamaged):
        await restore(file, tmp_path / "state", "ana")
    store = SyncStore.open(tmp_path / "state")
    assert await store.read() == recorded(1, 5)
    await store.close()


async def test_a_backup_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no file"):
        await restore(tmp_path / "nowhere", tmp_path / "state", "ana")
    assert not (tmp_path / "state").exists()
