"""The story of `demo --play`: its acts in order, on a client that stands for the engine; what it leaves behind;
and that it ends when the demo does."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from engine.api.client import Client
from engine.errors import RequestRefused
from engine.fleet import story as told
from engine.fleet.layout import Folders
from engine.fleet.story import Story


class Engine:
    """Every change succeeds at once; the window is there when the file is; what is killed comes back."""

    def __init__(self, folders: Folders, victim: subprocess.Popen[bytes]) -> None:
        self.folders = folders
        self.victim = victim
        self.deployed: list[tuple[str, str]] = []
        self.refuse = ""
        self.windows: list[str] = []
        self.looks = 0

    def status(self, subject: str = "", environment: str = "") -> Any:
        self.looks += 1
        dead = self.victim.poll() is not None
        state = "failed" if dead and self.looks % 2 else "running"
        place = {"host": "msg-1", "state": state if subject else "running"}
        return [{"target": "1", "state": "converged", "placements": [place]}]

    def deploy(self, request: Any) -> Any:
        ((service, version),) = request["services"].items()
        if service == self.refuse:
            raise RequestRefused(f"{service} has no artifact {version}")
        file = self.folders.inventory / told.WINDOW_FILE
        if file.exists():
            self.windows += yaml.safe_load(file.read_text())["policies"]["windows"]["story"]["applies_to"]["services"]
        self.deployed.append((service, version))
        return {"change": str(len(self.deployed)), "message": ""}

    def change(self, change: str) -> Any:
        return {"state": "succeeded"}

    def calendar(self) -> Any:
        return {"policies": [{"policy": "policies.windows.story"}]}


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setattr(told, "PAUSE_S", 0.0)
    monkeypatch.setattr(told, "POLL_S", 0.01)
    made = Folders(tmp_path)
    made.inventory.mkdir(parents=True)
    return made


@pytest.fixture
def victim(folders: Folders) -> Any:
    process = subprocess.Popen(["sleep", "60"])
    files = folders.hosts / "msg-1" / "interlock" / told.DRIFT / ".interlock" / "process"
    files.mkdir(parents=True)
    (files / "supervisor").write_text(f"{process.pid} 1234\n")
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("refuse", ["", told.RELEASE[0]])
def test_every_act_is_played_and_nothing_is_left(folders: Folders, victim: Any, refuse: str) -> None:
    engine, said, reloads = Engine(folders, victim), list[str](), list[int]()
    engine.refuse = refuse
    Story(
        cast(Client, engine), folders, lambda: reloads.append(1), lambda text, _: said.append(text), threading.Event()
    ).run()
    assert engine.deployed == [act for act in (told.RELEASE, told.BAD, told.WINDOW) if act[0] != refuse]
    assert engine.windows == [told.WINDOW[0]]
    assert len(reloads) == 2
    assert not (folders.inventory / told.WINDOW_FILE).exists()
    assert victim.wait(5) == -9
    assert said[-1] == "the story is over: the rest is yours"
    assert any("goes on without this" in text for text in said) == bool(refuse)


def test_it_ends_with_the_demo(folders: Folders, victim: Any) -> None:
    engine, said, over = Engine(folders, victim), list[str](), threading.Event()
    over.set()
    engine.status = lambda *_: [{"target": None, "state": "unknown"}]  # type: ignore[method-assign]
    Story(cast(Client, engine), folders, lambda: None, lambda text, _: said.append(text), over).run()
    assert said == []
    assert victim.poll() is None
