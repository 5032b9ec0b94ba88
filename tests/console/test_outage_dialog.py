"""A lockstep without a bridge in the deploy dialog: shown, guarded by a typed name, sent with its flag."""

from __future__ import annotations

from console.tui.dialogs.deploy import DeployDialog
from console.tui.dialogs.outage import OutageDialog
from console.tui.dialogs.rollback import RollbackDialog
from tests.console.conftest import Hand, Open
from tests.console.test_dialogs import sent

OUTAGE = {
    "services": ["cart", "search"],
    "stops": ["cart"],
    "dependents": ["storefront"],
    "windows": ["nights"],
    "opens": None,
}


async def shown(hand: Hand, windows: list[str]) -> None:
    hand.engine.knots = ([{"services": ["cart", "search"], "pairs": []}], [])
    hand.engine.outages = [OUTAGE | {"windows": windows}]
    await hand.press("d")
    await hand.press(*"8.3.0")
    await hand.until(lambda: "misses it storefront" in hand.part("#preview"))


async def test_the_outage_is_queued_only_when_the_name_of_what_stops_is_typed(opened: Open) -> None:
    async with opened() as hand:
        await shown(hand, ["nights"])
        preview = hand.part("#preview")
        assert preview.index("storefront") < preview.index("stops cart")
        assert "deploy --allow-lockstep" in preview
        await hand.press("ctrl+o")
        await hand.until(lambda: isinstance(hand.app.screen, OutageDialog))
        await hand.type("search")
        await hand.press("enter")
        await hand.until(lambda: "that is not cart" in hand.part("#question"))
        assert sent(hand) == []
        await hand.press("ctrl+u")
        await hand.type("cart")
        await hand.press("enter")
        await hand.until(lambda: sent(hand))
        wanted = {"environment": "prod", "services": {"search": "8.3.0"}, "allow_lockstep": True}
        assert sent(hand) == [("/v1/changes", wanted)]


async def test_where_no_window_allows_it_the_key_does_nothing_and_the_preview_says_why(opened: Open) -> None:
    async with opened() as hand:
        await shown(hand, [])
        assert "no window with outage: true covers them" in hand.part("#preview")
        await hand.press("ctrl+o")
        assert isinstance(hand.app.screen, DeployDialog)
        assert sent(hand) == []


async def test_a_rollback_that_no_order_can_bring_is_an_outage_with_a_typed_name(opened: Open) -> None:
    async with opened() as hand:
        hand.engine.outages = [OUTAGE]
        await hand.press("r")
        await hand.until(lambda: "misses it storefront" in hand.part("#blast"))
        await hand.press("ctrl+o")
        await hand.until(lambda: isinstance(hand.app.screen, OutageDialog))
        await hand.press("escape")
        assert sent(hand) == []
        await hand.press("ctrl+o")
        await hand.type("cart")
        await hand.press("enter")
        await hand.until(lambda: sent(hand))
        wanted = {"subject": "search@prod", "mark_bad": True, "allow_lockstep": True}
        assert sent(hand) == [("/v1/rollback", wanted)]


async def test_a_rollback_that_takes_no_outage_offers_none(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("r")
        await hand.until(lambda: "2.0.0" in hand.part("#blast"))
        await hand.press("ctrl+o")
        assert isinstance(hand.app.screen, RollbackDialog)
