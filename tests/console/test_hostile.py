"""What a hostile host reports reaches the terminal as harmless text, on every screen; and NO_COLOR, an
empty organization and a thousand services break nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from textual.app import App

from console.tui.app import Console
from tests.console import overtime
from tests.console.conftest import Hand, Open
from tests.console.estate import NOW
from tests.console.fake_engine import FakeEngine
from tests.console.payloads import PAYLOADS, poison
from tests.console.story import make_board


def drawn(app: App[Any]) -> str:
    """Everything on the terminal."""
    height = app.size.height
    strips = app.screen._compositor.render_strips()
    assert len(strips) == height
    return "".join(segment.text for strip in strips for segment in strip)


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
async def test_no_payload_reaches_the_terminal(payload: str, engine: FakeEngine, opened: Open) -> None:
    engine.board = poison(make_board(), payload)
    engine.board["status"][40]["current"] = {f"{payload}1": 2}
    engine.journal = poison(overtime.journal(), payload)
    engine.calendar, engine.findings = poison(overtime.calendar(), payload), poison(overtime.FINDINGS, payload)
    async with opened() as hand:
        engine.say("move-ended", f"{payload}x@prod", f"{payload} happened", log=[payload])
        await hand.until(lambda: hand.app.picture.events)
        screens = [[key] for key in "12345678"]
        for keys in (*screens, ["1", "w"], ["escape", "4", "l"], ["escape", "c"], ["escape", "7", "enter"]):
            await hand.press(*keys)
            assert drawn(hand.app).isprintable(), keys
        assert hand.app.is_running


async def test_a_refusal_with_a_payload_is_harmless(engine: FakeEngine, opened: Open) -> None:
    engine.refusal = "".join(PAYLOADS)
    async with opened() as hand:
        await hand.press("4", "p")
        await hand.until(lambda: "esrever" in hand.part("#footer"))
        assert drawn(hand.app).isprintable()


async def test_no_color_breaks_nothing(monkeypatch: pytest.MonkeyPatch, engine: FakeEngine) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Console(engine.client, now=lambda: NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        assert app.no_color
        hand = Hand(app, pilot, engine)
        await hand.until(lambda: app.picture.connected)
        for key in (*"12345678", "d", "escape", "question_mark", "escape", "r", "escape"):
            await hand.press(key)
        assert "acme" in drawn(app)


async def test_an_empty_organization_says_so_everywhere(engine: FakeEngine, opened: Open) -> None:
    engine.board |= {"status": [], "changes": [], "hosts": []}
    engine.graph |= {"services": [], "environments": ["prod"]}
    said = {
        "1": "no services here",
        "2": "no services in this",
        "3": "the queue is empty; d deploys",
        "4": "no change yet",
    }
    async with opened() as hand:
        for key, words in (
            said | {"5": "no hosts in prod", "6": "nothing ran and nothing", "7": "nothing has happened"}
        ).items():
            await hand.press(key)
            await hand.until(lambda words=words: words in hand.text)  # type: ignore[misc]
        for key in "jkhlpcrwLd":
            await hand.press(key, "escape")


async def test_a_thousand_services_stay_quick(engine: FakeEngine, opened: Open) -> None:
    model = {row["service"]: row for row in engine.board["status"]}
    nodes = {node["service"]: node for node in engine.graph["services"]}
    status, services = [], []
    for copy_no in range(38):
        for name, original in nodes.items():
            node, row = copy.deepcopy(original), copy.deepcopy(model[name])
            node["service"] = row["service"] = f"{name}-{copy_no}"
            node["needs"] = [need | {"provider": f"{need['provider']}-{copy_no}"} for need in node["needs"]]
            node["needed_by"] = [f"{other}-{copy_no}" for other in node["needed_by"]]
            status.append(row)
            services.append(node)
    engine.board["status"], engine.graph["services"] = status, services
    async with opened(200, 60) as hand:
        await hand.until(lambda: "1026 services" in hand.text)
        for key in ("j", "l", "j", "h", "2", "G", "g", "1"):
            await hand.press(key)
        await hand.until(lambda: "1026 services" in hand.text)
