"""The demo's story in the console: what it is at stands in the footer, and the map looks at it."""

from __future__ import annotations

from console.tui.app import Console
from tests.console.conftest import Hand
from tests.console.estate import NOW
from tests.console.fake_engine import FakeEngine


async def test_a_story_is_told_in_the_footer_and_followed_until_the_operator_looks_elsewhere(
    engine: FakeEngine,
) -> None:
    told = [("a release: ledger", "ledger")]
    app = Console(engine.client, now=lambda: NOW)
    app.narrator = lambda: told.pop(0) if told else None
    async with app.run_test(size=(120, 40)) as pilot:
        hand = Hand(app, pilot, engine)
        await hand.until(lambda: "a release: ledger" in hand.part("#footer") and app.session.service == "ledger")
        app.session.service = "edge"
        told.append(("a bad release: payments", "payments"))
        await hand.until(lambda: "a bad release: payments" in hand.part("#footer"))
        assert app.session.service == "edge"
