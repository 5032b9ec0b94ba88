"""A served engine for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.api.client import Client
from tests.api.served import Served, served


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Served]:
    """A small engine that carries out its plan, behind a real socket."""
    with served(tmp_path / "engine.sock") as found:
        yield found


@pytest.fixture
def client(engine: Served) -> Client:
    """A client of it."""
    return Client(engine.address, 10.0)
