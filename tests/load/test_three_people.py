"""Two consoles and a command line, as three Unix users at once on one engine: what one does, the others see within
a second, and under the name of who did it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from engine.model.access import RequestTurnedDown
from engine.model.event import ChangeAccepted, EnginePaused, EngineResumed
from engine.model.role import Grant, Role
from engine.sim.estate import VERSIONS
from tests.console.test_terminal import Terminal
from tests.load.rig import Rig, estate, rig

ROOT = Path(__file__).parents[2]
GROUP, ANA, BO, CY = 54321, 54330, 54331, 54332
SETPRIV = shutil.which("setpriv")
ROUNDS = 1
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="becomes other Unix users"),
    pytest.mark.skipif(SETPRIV is None, reason="setpriv (util-linux) is not installed"),
]


def becoming(uid: int) -> list[str]:
    """What comes before a command to run it as a user, who may also read where Python is, and no more."""
    capability = "+dac_read_search"
    return [
        str(SETPRIV), "--reuid", str(uid), "--regid", str(GROUP), "--clear-groups",
        "--inh-caps", capability, "--ambient-caps", capability, sys.executable, "-m", "console",
    ]  # fmt: skip


@pytest.fixture
def served() -> Iterator[Rig]:
    """An engine for a group; ana and cy may deploy, bo may only look."""
    grants = (Grant(Role.ADMIN, (f"uid:{ANA}", f"uid:{CY}")), Grant(Role.VIEWER, (f"uid:{BO}",)))
    with tempfile.TemporaryDirectory(prefix="interlock-three-") as folder:
        Path(folder).chmod(0o755)
        made = estate(services=6, hosts=6, grants=grants)
        with rig(Path(folder) / "state", made, socket=Path(folder) / "engine.sock") as found:
            os.chown(found.address, 0, GROUP)
            yield found


class Person:
    """A user with a home and, while it is open, a console."""

    def __init__(self, served: Rig, uid: int, home: Path) -> None:
        self.name, self.served = f"uid:{uid}", served
        home.mkdir()
        os.chown(home, uid, GROUP)
        self.home = home
        self.command = becoming(uid)

    def console(self) -> Terminal:
        return Terminal("--engine", self.served.address, program=self.command, home=str(self.home))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [*self.command, *words, "--engine", self.served.address]
        environment = {**os.environ, "HOME": str(self.home), "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=self.home, env=environment, capture_output=True, text=True, check=False)


def happened(served: Rig, kind: type, count: int) -> float:
    """When the ``count``th event of a kind was written, by the wall clock."""
    deadline = time.monotonic() + 20
    while len(found := [each.at for each in served.journal() if isinstance(each.event, kind)]) < count:
        assert time.monotonic() < deadline, kind
        time.sleep(0.02)
    return float(found[count - 1].timestamp())


def test_what_one_does_the_others_see_within_a_second(served: Rig, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    ana, bo, cy = (Person(served, uid, tmp_path / str(uid)) for uid in (ANA, BO, CY))
    late: list[float] = []

    def saw(terminal: Terminal, text: str, kind: type, count: int) -> None:
        terminal.until(text)
        late.append(time.time() - happened(served, kind, count))

    with ana.console() as hers, bo.console() as his:
        for terminal in (hers, his):
            terminal.until("6 services")
            terminal.press("3")  # the queue
            terminal.read(0.5)
        for turn, name in enumerate(sorted(served.engine.snapshot.inventory.services)[:ROUNDS], 1):
            hers.press("P")
            saw(his, f"paused by {ana.name}", EnginePaused, turn)
            hers.read(0.2)
            assert cy.run("resume").returncode == 0
            saw(hers, "● engine", EngineResumed, turn)
            saw(his, "● engine", EngineResumed, turn)
            ran = cy.run("deploy", f"{name}={VERSIONS[1]}", "--reason", f"round {turn}")
            assert ran.returncode == 0, ran
            saw(his, name, ChangeAccepted, turn)
            saw(hers, name, ChangeAccepted, turn)
        his.press("P")
        his.until("may not pause")
    print(f"seen after {median(late):.3f} s, {max(late):.3f} s at most")
    assert median(late) < 1.0
    assert max(late) < 10.0
    ran = bo.run("pause")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert (
        f"{bo.name} may not pause: that takes a deployer of the whole estate; {ana.name}, {cy.name} could" in ran.stderr
    )
    journal = [each.event for each in served.journal()]
    assert {each.by for each in journal if isinstance(each, EnginePaused)} == {ana.name}
    assert {each.change.requested_by for each in journal if isinstance(each, ChangeAccepted)} == {cy.name}
    denied = [each for each in journal if isinstance(each, RequestTurnedDown)]
    assert {(each.by, each.asked, each.denied) for each in denied} == {(bo.name, "Pause", True)}
