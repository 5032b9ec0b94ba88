"""Which inventory a command means."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.inventory import find


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("organization: a")
    return path


def test_what_is_said_comes_first(tmp_path: Path) -> None:
    for name in ("interlock.yaml", "said.yaml", "variable.yaml"):
        touch(tmp_path / name)
    variable = {"INTERLOCK_INVENTORY": "variable.yaml"}
    assert find("said.yaml", tmp_path, variable) == tmp_path / "said.yaml"
    assert find(str(tmp_path / "said.yaml"), tmp_path, {}) == tmp_path / "said.yaml"
    assert find(None, tmp_path, variable) == tmp_path / "variable.yaml"
    assert find(None, tmp_path, {"INTERLOCK_INVENTORY": ""}) == tmp_path / "interlock.yaml"


def test_else_the_known_places_in_order(tmp_path: Path) -> None:
    only = touch(tmp_path / "inventories" / "acme" / "all.yml").parent
    touch(tmp_path / "inventories" / ".hidden" / "all.yml")
    (tmp_path / "inventories" / "empty").mkdir()
    assert find(None, tmp_path, {}) == only
    second = touch(tmp_path / "inventory.yaml")
    assert find(None, tmp_path, {}) == second
    first = touch(tmp_path / "interlock.yaml")
    assert find(None, tmp_path, {}) == first


def test_paths_stay_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "interlock.yaml")
    monkeypatch.chdir(tmp_path)
    assert find(None, Path(), {}) == Path("interlock.yaml")


@pytest.mark.parametrize(
    ("explicit", "variable", "sentence"),
    [
        ("none.yaml", "", "--inventory none.yaml: no such file or folder"),
        (None, "gone.yaml", "INTERLOCK_INVENTORY gone.yaml: no such file or folder"),
        (None, "", "no inventory found: name one with --inventory PATH or INTERLOCK_INVENTORY (tried ./interlock.yaml"),
        ("a\0b", "", "--inventory a"),
    ],
)
def test_what_was_tried_is_said(explicit: str | None, variable: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find(explicit, tmp_path, {"INTERLOCK_INVENTORY": variable})
    assert str(caught.value).startswith(sentence)


def test_several_are_listed(tmp_path: Path) -> None:
    touch(tmp_path / "inventories" / "acme" / "a.yaml")
    touch(tmp_path / "inventories" / "small.yaml")
    with pytest.raises(UsageError) as caught:
        find(None, tmp_path, {})
    assert "holds several inventories" in str(caught.value)
    assert "acme" in str(caught.value)
    assert "small.yaml" in str(caught.value)
