"""Keys typed faster than a dialog or line opens go to what was opened, never to the screen below."""

from __future__ import annotations

from textual import events

from console.tui.dialogs.deploy import DeployDialog
from tests.console.conftest import Hand, Open


def burst(hand: Hand, *keys: str) -> None:
    """All keys at once, as a terminal delivers what is typed while the program is busy."""
    for key in keys:
        hand.app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_what_is_typed_behind_a_slash_is_the_filter(opened: Open) -> None:
    async with opened() as hand:
        burst(hand, "slash", *"ledger")
        await hand.until(lambda: hand.app.session.queries.get("map") == "ledger")
        assert hand.app.screen is hand.app.board_screen


async def test_enter_typed_ahead_keeps_the_filter(opened: Open) -> None:
    async with opened() as hand:
        burst(hand, "slash", *"ledger", "enter")
        await hand.until(
            lambda: not hand.app.screen.query("#filter") and hand.app.session.queries.get("map") == "ledger"
        )


async def test_a_version_typed_ahead_of_the_dialog_is_in_its_line(opened: Open) -> None:
    async with opened() as hand:
        service = hand.app.session.service
        burst(hand, "d", *"77")
        await hand.until(lambda: isinstance(hand.app.screen, DeployDialog))
        await hand.until(lambda: hand.app.screen.query_one("#line").value == f"{service}=77")  # type: ignore[attr-defined]
