"""Which engine a command talks to, and what it needs to know for that."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from engine.api import address
from engine.errors import EngineUnreachable, UsageError
from tests.api.served import Served
from tests.cli.conftest import Interlock


def inventory(path: Path, text: str = "organization: acme\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("organization: acme\n", "acme"),
        ('# x\nteams: {}\norganization: "a c"  # comment\n', "a c"),
        ("organization: 'x'", "x"),
        ("  organization: nested\n", None),
        ("organizations: acme\n", None),
        ("\x00\xff", None),
    ],
)
def test_the_organization_is_read_without_a_yaml_parser(tmp_path: Path, text: str, name: str | None) -> None:
    assert address.organization_of(inventory(tmp_path / "i.yaml", text)) == name


def test_the_inventory_is_the_option_the_variable_or_what_lies_here(tmp_path: Path) -> None:
    assert address.find_inventory(None, {}, tmp_path) is None
    one = inventory(tmp_path / "inventories" / "one" / "a.yaml").parent
    assert address.find_inventory(None, {}, tmp_path) == one
    inventory(tmp_path / "inventories" / "two.yaml")
    with pytest.raises(UsageError, match=r"one, two\.yaml"):
        address.find_inventory(None, {}, tmp_path)
    plain = inventory(tmp_path / "inventory.yaml")
    assert address.find_inventory(None, {}, tmp_path) == plain
    first = inventory(tmp_path / "interlock.yaml")
    assert address.find_inventory(None, {}, tmp_path) == first
    assert address.find_inventory(None, {"INTERLOCK_INVENTORY": str(one)}, tmp_path) == one
    assert address.find_inventory(str(plain), {"INTERLOCK_INVENTORY": str(one)}, tmp_path) == plain
    with pytest.raises(UsageError, match="no inventory at"):
        address.find_inventory("nowhere", {}, tmp_path)


def test_each_organization_has_a_state_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert address.state_folder(None, {}, "acme") == tmp_path / "interlock" / "acme"
    assert address.state_folder(None, {}, "../../etc") == tmp_path / "interlock" / "_.._etc"
    assert address.state_folder(None, {}, None) is None
    assert address.state_folder(None, {"INTERLOCK_STATE": "/a"}, "acme") == Path("/a")
    assert address.state_folder("/b", {"INTERLOCK_STATE": "/a"}, "acme") == Path("/b")


def test_the_engine_is_the_option_the_variable_the_own_or_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "SYSTEM_FOLDER", str(tmp_path / "run"))
    state = tmp_path / "state"
    assert address.engine_address("/a", {"INTERLOCK_ENGINE": "/b"}, state, "acme") == "/a"
    assert address.engine_address(None, {"INTERLOCK_ENGINE": "/b"}, state, "acme") == "/b"
    assert address.engine_address(None, {}, state, "acme") == str(
        state / "engine.sock"
    )  # named, though nobody is there
    system = tmp_path / "run" / "acme" / "engine.sock"
    system.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(str(system))
        assert address.engine_address(None, {}, state, "acme") == str(system)
        state.mkdir()
        with socket.socket(socket.AF_UNIX) as ours:
            ours.bind(str(state / "engine.sock"))
            assert address.engine_address(None, {}, state, "acme") == str(state / "engine.sock")


def test_without_any_hint_it_is_said_what_is_missing() -> None:
    with pytest.raises(EngineUnreachable, match="--engine"):
        address.engine_address(None, {}, None, None)


def test_a_whole_address_needs_no_inventory_nor_a_choice_among_several(
    still: Served, interlock: Interlock, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        folder = tmp_path / "empty" / "inventories" / name
        folder.mkdir(parents=True)
        inventory(folder / "inventory.yaml")
    assert "choose one with -i" in interlock("status", "--engine", "ssh://host").err
    ran = interlock("status", "--engine", still.address)
    assert (ran.code, ran.err) == (0, "")
    assert "ledger" in ran.out
