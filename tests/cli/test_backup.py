"""``interlock backup`` from a running engine, and ``restore`` into a state folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.model.role import Grant, Role
from engine.store.sync import SyncStore
from tests.api.served import Served
from tests.cli.conftest import Interlock


def test_a_backup_is_the_whole_journal_checked(still: Served, interlock: Interlock, tmp_path: Path) -> None:
    ran = interlock("backup", str(tmp_path / "b.db"))
    assert (ran.code, ran.out) == (0, "")
    assert "holds the journal up to event" in ran.err
    assert [path.name for path in tmp_path.glob("*b.db*")] == ["b.db"]
    assert interlock("audit", "verify", "--file", str(tmp_path / "b.db")).code == 0
    assert "took a backup as of event" in interlock("history").out


def test_a_file_is_not_replaced_unasked(still: Served, interlock: Interlock, tmp_path: Path) -> None:
    (tmp_path / "b.db").write_text("precious")
    ran = interlock("backup", str(tmp_path / "b.db"))
    assert (ran.code, (tmp_path / "b.db").read_text()) == (1, "precious")
    assert "exists already" in ran.err
    assert interlock("backup", str(tmp_path / "b.db"), "--force", "-o", "json").data["events"] > 0


def test_only_an_admin_may_copy_the_journal(still: Served, interlock: Interlock, tmp_path: Path) -> None:
    small = still.engine
    inventory = replace(
        small.snapshot.inventory, roles=(Grant(Role.VIEWER, ("*",)), Grant(Role.ADMIN, ("root-of-all",)))
    )
    still.do(lambda: setattr(small, "snapshot", replace(small.snapshot, inventory=inventory)))
    ran = interlock("backup", str(tmp_path / "b.db"))
    assert (ran.code, list(tmp_path.glob("*b.db*"))) == (1, [])
    assert "that takes an admin" in ran.err


def test_without_an_engine_or_a_place_there_is_a_sentence(interlock: Interlock, tmp_path: Path) -> None:
    assert interlock("backup", str(tmp_path / "b.db")).code == 3
    ran = interlock("backup", str(tmp_path / "no" / "b.db"))
    assert ran.code == 1
    assert "cannot be written: No such file or directory" in ran.err
    assert list(tmp_path.glob("*b.db*")) == []


def test_a_restore_says_what_to_do_next(
    still: Served, interlock: Interlock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interlock("backup", str(tmp_path / "b.db"))
    state = tmp_path / "state"
    ran = interlock("restore", str(tmp_path / "b.db"), "--state", str(state))
    assert ran.code == 0
    assert "there was none before. The next engine starts paused" in ran.err
    assert "the former journal is in" in interlock("restore", str(tmp_path / "b.db"), "--state", str(state)).err
    held = SyncStore.open(state)
    again = interlock("restore", str(tmp_path / "b.db"), "--state", str(state))
    assert again.code == 1
    assert "another engine" in again.err
    held.abandon()
    assert interlock("restore", "nowhere", "--state", str(state)).code == 1
    assert interlock("restore", str(tmp_path / "b.db"), "--state", str(state), "--read-only").code == 1
