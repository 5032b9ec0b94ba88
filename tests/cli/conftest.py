"""The command line against a real server on a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from console.cli.main import run
from tests.api.served import Served, served


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Its stdout as JSON."""
        return json.loads(self.out)


Interlock = Callable[..., Ran]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Served]:
    """A small engine that carries out its plan."""
    with served(tmp_path / "engine.sock") as found:
        yield found


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Served]:
    """A small engine that carries out nothing: what is queued stays as it is."""
    with served(tmp_path / "engine.sock", rolling=False) as found:
        yield found


@pytest.fixture
def interlock(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Interlock:
    """Run a command in an empty folder, against the engine in ``tmp_path`` if there is one."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setenv("INTERLOCK_STATE", str(tmp_path))
    for name in ("INTERLOCK_ENGINE", "INTERLOCK_INVENTORY"):
        monkeypatch.delenv(name, raising=False)

    def ran(*args: str) -> Ran:
        capfd.readouterr()
        code = run(list(args))
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return ran
