"""Takes the README's pictures: the real console on a real demo, a deploy under way.

Run as ``make picture``; what it writes is what an operator would have seen.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from textual.pilot import Pilot

from console.cli.starting import start_engine
from console.tui.app import Console
from console.tui.dialogs.deploy import DeployDialog
from engine.api.client import Client
from engine.fleet.demo import running

DOCS = Path(__file__).parent
SIZE = (150, 46)


async def until(pilot: Pilot[int], text: str, timeout_s: float = 60.0) -> None:
    """Wait until the topmost screen shows a text; TimeoutError with what it shows instead."""

    def shown() -> str:
        return "\n".join(str(view.text) for view in pilot.app.screen.query("LineView"))  # type: ignore[attr-defined]

    deadline = time.monotonic() + timeout_s
    while text not in shown():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the screen does not show {text!r} within {timeout_s:g} s, but:\n{shown()}")
        await pilot.pause(0.05)


async def shoot(address: str) -> None:
    """The preview of a deploy, then the map and the rollout while it runs."""
    app = Console(lambda: Client(address))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "27 converged")
        await pilot.press("slash", *"checkout", "enter")
        await pilot.press("d")
        for key in "2.4.0 ledger=3.3.0":
            await pilot.press({".": "full_stop", "=": "equals_sign", " ": "space"}.get(key, key))
        await until(pilot, "3.2.1 → 3.3.0")
        app.save_screenshot("deploy.svg", path=str(DOCS))
        await pilot.press("enter")
        while isinstance(app.screen, DeployDialog):  # it ends when the engine has answered
            await pilot.pause(0.02)
        await pilot.press("escape")
        await until(pilot, "switching")
        app.save_screenshot("map.svg", path=str(DOCS))
        await pilot.press("4")
        await until(pilot, "done")
        app.save_screenshot("rollout.svg", path=str(DOCS))


def main() -> None:
    """A demo of its own, in a folder that goes with it."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "demo") as fleet:
        engine = start_engine(fleet.inventory, fleet.state, str(fleet.state / "engine.sock"), exit_when_idle=False)
        try:
            asyncio.run(shoot(engine.address))
        finally:
            engine.stop()


if __name__ == "__main__":
    main()
