"""``audit verify --file`` of a journal: whatever table is edited behind the engine's back, it is told."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine.model.access import InventoryLoaded
from engine.model.event import ChangeAccepted, EngineStarted, Event, Recorded
from engine.model.state import State
from engine.plan.evolve import fold
from engine.store.sync import SyncStore
from tests.builders import T0, service, world
from tests.cli.conftest import Interlock

YES = '[{"by":"bo","at":"2026-11-24T09:00:00Z","digest":"0"}]'
APPROVE = f"UPDATE snapshot SET body = replace(body, '\"approvals\":[]', '\"approvals\":{YES}') WHERE seq = 3"


@pytest.fixture
async def journal(tmp_path: Path) -> Path:
    """A change that nobody approved; snapshots of two moments, and the inventory that was decided from."""
    store = SyncStore.open(tmp_path / "copy")
    loaded = await store.load()
    digest = await store.keep_inventory("organization: acme")
    change = world(service("pay")).deploy(pay="2.0")
    events: list[Event] = [EngineStarted(loaded.store, 1, "e"), InventoryLoaded(digest), ChangeAccepted(change)]
    written = [Recorded(seq, T0, float(seq), event) for seq, event in enumerate(events, 1)]
    await store.append(written)
    for seq in (2, 3):
        await store.save_snapshot(seq, fold(State(store=loaded.store), written[:seq]))
    await store.close()
    return tmp_path / "copy" / "journal.db"


def test_what_agrees_with_its_events_holds(journal: Path, interlock: Interlock) -> None:
    ran = interlock("audit", "verify", "--file", str(journal))
    assert (ran.code, ran.err) == (0, "")
    assert "3 events are as they were written" in ran.out


@pytest.mark.parametrize(
    ("deed", "wrong"),
    [
        ("UPDATE snapshot SET body = replace(body, 'ana', 'bob') WHERE seq = 3", "the snapshot of event 3 is not what"),
        (APPROVE, "the snapshot of event 3 is not what"),
        ("UPDATE snapshot SET body = '{' WHERE seq = 2", "the snapshot of event 2 is not what"),
        ("UPDATE snapshot SET seq = 9 WHERE seq = 3", "a snapshot of event 9, which is not in the journal"),
        ("UPDATE inventory SET body = x'00'", "is not what was kept there"),
        ("DELETE FROM inventory", "from which was decided, is missing"),
        ("UPDATE event SET body = replace(body, 'ana', 'bob') WHERE seq = 3", "event 3 is not what was written"),
        ("DELETE FROM event WHERE seq = 2", "event 2 is missing"),
        ("UPDATE event SET change = '2' WHERE seq = 3", "event 3 is not what was written"),
    ],
)  # fmt: skip
def test_whatever_is_edited_is_told(journal: Path, interlock: Interlock, deed: str, wrong: str) -> None:
    with sqlite3.connect(journal) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(deed).rowcount
    connection.close()
    ran = interlock("audit", "verify", "--file", str(journal))
    assert (ran.code, ran.out) == (1, "")
    assert "The audit does not hold" in ran.err
    assert wrong in ran.err
