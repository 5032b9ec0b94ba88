"""The engine's socket: who may use it, and whose it is."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from engine.api.client import Client
from engine.api.listener import open_listener
from engine.errors import EngineUnreachable, InterlockError
from tests.api.served import served


def test_only_owner_and_group_may_use_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        listener = open_listener(tmp_path / "engine.sock")
        assert stat.S_IMODE((tmp_path / "engine.sock").stat().st_mode) == 0o660
        assert os.umask(0) == 0  # as it was
        listener.close()
    finally:
        os.umask(before)
    assert not (tmp_path / "engine.sock").exists()


def test_the_socket_of_a_dead_engine_is_taken_over(tmp_path: Path) -> None:
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / "engine.sock"))
    dead.close()
    with served(tmp_path / "engine.sock") as engine:
        assert Client(engine.address).engine()["organization"] == "acme"


def test_a_living_engine_keeps_its_socket(tmp_path: Path) -> None:
    with served(tmp_path / "engine.sock") as engine:
        with pytest.raises(InterlockError, match="Another engine answers"):
            open_listener(tmp_path / "engine.sock")
        assert Client(engine.address).engine()["organization"] == "acme"


def test_a_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "engine.sock").write_text("precious")
    with pytest.raises(InterlockError, match="not a socket"):
        open_listener(tmp_path / "engine.sock")
    assert (tmp_path / "engine.sock").read_text() == "precious"


def test_another_engines_socket_is_not_removed_at_the_end(tmp_path: Path) -> None:
    first = open_listener(tmp_path / "engine.sock")
    first.socket.close()
    second = open_listener(tmp_path / "engine.sock")
    first.close()
    assert (tmp_path / "engine.sock").exists()
    second.close()


def test_a_path_longer_than_the_kernel_takes_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    with served(deep / "engine.sock") as engine:
        assert Client(engine.address).engine()["organization"] == "acme"


def test_the_client_says_where_it_looked_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachable, match=r"engine\.sock: there is no socket.*interlock engine"):
        Client(str(tmp_path / "engine.sock")).engine()
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / "dead.sock"))
    dead.close()
    with pytest.raises(EngineUnreachable, match="its engine is gone"):
        Client(str(tmp_path / "dead.sock")).board()
