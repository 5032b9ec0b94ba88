"""Externals and folded tiers on the map: cards that stand for something else than one service."""

from __future__ import annotations

from typing import Any

import pytest

from console.tui.picture import Picture
from console.tui.render.layout import lay_out
from console.tui.render.stand_ins import fold, row_of, tiers, with_externals
from tests.console.conftest import Open
from tests.console.estate import stamp
from tests.console.fake_engine import FakeEngine
from tests.console.story import make_board, make_graph


def outside(health: str = "failing") -> tuple[dict[str, Any], dict[str, Any]]:
    """The board and graph with stripe, which payments needs."""
    board, graph = make_board(), make_graph()
    view = {"external": "stripe", "owner": "payments", "health": health, "detail": "HTTP 503 from status.stripe",
            "since": stamp(600), "needed_by": ["payments"]}  # fmt: skip
    board["externals"] = [view]
    next(node for node in graph["services"] if node["service"] == "payments")["externals"] = ["stripe"]
    return board, graph


@pytest.fixture
def engine() -> FakeEngine:
    board, graph = outside()
    engine = FakeEngine(board)
    engine.graph = graph
    return engine


def test_a_folded_tier_is_one_node_that_needs_what_its_services_need_of_others() -> None:
    nodes = make_graph()["services"]
    assert tiers(nodes) == ["0", "1", "2", "3", "4", "5", "6"]
    folded = {node["service"]: node for node in fold(nodes, {"0", "1"})}
    assert len(folded) == 27 - 10 + 2
    assert {need["provider"] for need in folded["▣ tier 1"]["needs"]} == {"▣ tier 0"}
    assert "ledger" not in folded
    assert "▣ tier 1" in {need["provider"] for need in folded["payments"]["needs"]}
    assert "▣ tier 1" not in folded["▣ tier 1"]["needed_by"]
    assert "checkout" in folded["▣ tier 1"]["needed_by"]


def test_every_tier_folded_leaves_a_card_each_and_all_their_needs() -> None:
    layout = lay_out(fold(make_graph()["services"], set("0123456")))
    assert [list(column) for column in layout.columns] == [[f"▣ tier {n}"] for n in range(7)]
    assert layout.needs["▣ tier 6"] == ("▣ tier 5", "▣ tier 0")


def test_a_folded_tier_shows_the_worst_of_its_states() -> None:
    picture = Picture(make_board(), make_graph())  # type: ignore[arg-type]
    row = row_of(picture, "▣ tier 2", "prod")
    assert row is not None
    assert (row["state"], row["current"]) == ("failed", {"1 of 5 failed": 1})
    calm = row_of(Picture(make_board(calm=True), make_graph()), "▣ tier 2", "prod")  # type: ignore[arg-type]
    assert calm is not None
    assert (calm["state"], calm["current"]) == ("converged", {"5 services": 1})


@pytest.mark.parametrize(("health", "state"), [("passing", "converged"), ("failing", "failed"), ("unknown", "unknown")])
def test_an_external_is_a_node_before_those_that_need_it(health: str, state: str) -> None:
    board, graph = outside(health)
    layout = lay_out(with_externals(graph["services"]))
    assert layout.columns[0] == ("◇ stripe",)
    assert layout.needed_by["◇ stripe"] == ("payments",)
    assert "◇ stripe" in layout.ancestors("checkout")
    row = row_of(Picture(board, graph), "◇ stripe", "prod")  # type: ignore[arg-type]
    assert row is not None
    assert (row["state"], list(row["current"])) == (state, [f"external, {health}"])


async def test_an_external_can_be_walked_to_and_nothing_can_be_done_to_it(opened: Open) -> None:
    async with opened(200, 60) as hand:
        assert "✗ ◇ stripe" in hand.part("#map")
        assert "external, failing" in hand.part("#map")
        hand.app.session.service = "◇ stripe"
        hand.app.redraw()
        await hand.pilot.pause()
        assert "HTTP 503 from status.stripe" in hand.part("#pane")
        assert "needed by payments" in hand.part("#pane")
        await hand.press("p")
        assert "the cursor is on no service" in hand.part("#footer")
        assert hand.engine.posts == []
        await hand.press("enter")
        assert hand.app.screen is hand.app.board_screen


async def test_an_external_is_in_the_lists_of_a_small_terminal(opened: Open) -> None:
    async with opened(80, 24) as hand:
        hand.app.session.service = "payments"
        hand.app.redraw()
        await hand.press("h", "G")
        assert "◇ stripe" in hand.part("#map")
        await hand.press("enter")
        assert "failing for 10m00s" in hand.part("#map")


async def test_z_folds_the_tier_under_the_cursor_and_unfolds_it(opened: Open) -> None:
    async with opened(200, 60) as hand:
        await hand.press("z")
        assert hand.app.session.service == "▣ tier 2"
        assert "1 of 5 failed" in hand.part("#map")
        assert "pricing" not in hand.part("#map")
        assert "pricing" in hand.part("#pane")
        await hand.press("z")
        assert "pricing" in hand.part("#map")
        await hand.press("Z")
        assert hand.part("#map").count("▣ tier") == 7
        await hand.press("m")
        assert "▣ tier 3" in hand.part("#map")
        await hand.press("m", "enter")
        assert "▣ tier 2" not in hand.part("#map")
