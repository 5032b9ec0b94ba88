"""A deploy that is on its way to the engine."""

from __future__ import annotations

import threading

import pytest

from console.tui.dialogs.deploy import DeployDialog
from tests.console.conftest import Open


async def test_escape_while_a_deploy_is_being_sent_is_too_late(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    async with opened() as hand:
        await hand.press("d")
        dialog = hand.app.screen
        assert isinstance(dialog, DeployDialog)
        await hand.until(lambda: "8.3.0" in hand.part("#suggestions"))
        await hand.press("enter")
        await hand.until(lambda: "8.1.0 → 8.3.0" in hand.part("#preview"))
        deploy = dialog._engine.deploy
        monkeypatch.setattr(dialog._engine, "deploy", lambda request: (go_on.wait(5), deploy(request))[1])
        await hand.press("enter", "escape")
        assert hand.app.screen is dialog, "what is being sent cannot be called back"
        go_on.set()
        await hand.until(lambda: hand.app.screen is not dialog)
        await hand.until(lambda: "change 43 is queued" in hand.part("#footer"))
