"""``interlock init``: a stranger's first file, which passes check as it is."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from tests.cli.conftest import Interlock


def test_what_is_written_passes_check(interlock: Interlock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INTERLOCK_STATE")
    ran = interlock("init")
    assert (ran.code, ran.out) == (0, "")
    assert "interlock doctor --trust-new" in ran.err
    assert getpass.getuser() in Path("interlock.yaml").read_text()
    checked = interlock("check")
    assert checked.code == 0
    assert "0 errors" in checked.err


def test_another_folder_is_made(interlock: Interlock) -> None:
    assert interlock("init", "fleet/prod").code == 0
    assert interlock("check", "fleet/prod").code == 0


@pytest.mark.parametrize("name", ["interlock.yaml", "inventory.yaml"])
def test_nothing_is_replaced(interlock: Interlock, name: str) -> None:
    Path(name).write_text("mine")
    ran = interlock("init")
    assert ran.code == 1
    assert "exists already: nothing was written" in ran.err
    assert Path(name).read_text() == "mine"
    assert sorted(path.name for path in Path().iterdir()) == [name]


def test_a_place_that_cannot_be_written(interlock: Interlock) -> None:
    Path("file").write_text("")
    ran = interlock("init", "file/x")
    assert ran.code == 1
    assert "cannot be written" in ran.err
