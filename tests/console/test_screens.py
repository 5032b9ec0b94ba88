"""Every screen: what it tells, and how its keys move about in it."""

from __future__ import annotations

import pytest

from console.tui.screens.instance import InstanceScreen
from console.tui.screens.log import LogScreen
from tests.console.conftest import Open


@pytest.mark.parametrize(
    ("key", "mode", "shown"),
    [
        ("1", "map", "27 services"),
        ("2", "services", "DependencyBusy"),
        ("3", "queue", "faster settlement"),
        ("4", "rollout", "eu-b-03 switching"),
        ("5", "hosts", "us-c 1 of 2 up"),
        ("6", "timeline", "night-shift"),
        ("7", "history", "nothing has happened yet"),
        ("8", "insights", "fits-no-window"),
    ],
)
async def test_number_keys_go_to_the_screens(opened: Open, key: str, mode: str, shown: str) -> None:
    async with opened() as hand:
        await hand.press("2" if key == "1" else "1", key)
        await hand.until(lambda: shown in hand.text)
        assert hand.app.current_mode == mode


async def test_header_tells_who_where_how_and_when(opened: Open) -> None:
    async with opened() as hand:
        header = hand.part("#header")
        for part in ("acme", "prod", "engine 2 ms", "1 in flight", "2 waiting", "ana", "03:12:30 UTC"):
            assert part in header


async def test_map_opens_on_trouble(opened: Open) -> None:
    async with opened() as hand:
        assert hand.app.session.service == "search"
        assert "index schema 12 not found" in hand.part("#pane")


async def test_arrows_and_letters_move_over_the_map(opened: Open) -> None:
    async with opened() as hand:
        for keys in (("h", "l", "k", "j"), ("left", "right", "up", "down")):
            places = []
            for key in keys:
                await hand.press(key)
                places.append(hand.app.session.service)
            assert places == ["features", "search", "pricing", "search"]


async def test_map_marks_ancestors_and_descendants(opened: Open) -> None:
    async with opened() as hand:
        board = hand.part("#map")
        assert "‹● catalog" in board
        assert "›● recommend" in board
        assert " ● pricing" in board


async def test_e_hides_and_shows_the_faint_edges(opened: Open) -> None:
    async with opened() as hand:
        faint = hand.part("#map").count("─")
        await hand.press("e")
        assert 0 < hand.part("#map").count("─") < faint
        await hand.press("e")
        assert hand.part("#map").count("─") == faint


async def test_small_map_walks_through_the_lists(opened: Open) -> None:
    async with opened(80, 24) as hand:
        assert "needs 3" in hand.text
        await hand.press("h", "j")
        assert hand.app.screen.aim().service == "events"  # type: ignore[attr-defined]
        await hand.press("enter")
        assert hand.app.session.service == "events"
        assert "needed by 6" in hand.text


async def test_tab_switches_the_environment(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("tab")
        assert hand.app.session.environment == "staging"
        assert "27 converged" in hand.text
        await hand.press("E")
        assert hand.app.session.environment == "prod"


async def test_enter_drills_in_and_escape_backs_out(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("enter")
        assert isinstance(hand.app.screen, InstanceScreen)
        await hand.until(lambda: "needed by" in hand.text)
        await hand.press("escape")
        assert hand.app.current_mode == "map"
        await hand.press("2", "3", "enter")
        assert hand.app.current_mode == "rollout"
        await hand.press("escape", "escape")
        assert hand.app.current_mode == "services"
        await hand.press("escape")
        assert hand.app.current_mode == "map"


async def test_enter_on_a_moving_service_opens_its_rollout(opened: Open) -> None:
    async with opened() as hand:
        hand.app.session.service = "returns"
        await hand.press("enter")
        await hand.until(lambda: "change 42" in hand.text)


async def test_rollout_steps_from_change_to_change(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("4")
        seen = []
        for key in ("right", "G", "left", "g"):
            await hand.press(key)
            seen.append(hand.app.current_change()["id"])  # type: ignore[index]
        assert seen == ["42", "38", "39", "41"]


async def test_a_failed_change_names_host_check_and_last_line(opened: Open) -> None:
    async with opened() as hand:
        hand.app.session.change = "39"
        await hand.press("4")
        await hand.until(lambda: "us-a-03: health check http /healthz answered 500" in hand.text)
        assert "index schema 12 not found" in hand.part("#tail")


async def test_enter_on_a_host_shows_what_runs_there(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("5", "j", "enter")
        assert hand.app.current_mode == "services"
        await hand.until(lambda: "/host:eu-a-03" in hand.part("#header"))
        assert "checkout" not in hand.part("#table")


async def test_filter_is_typed_kept_and_cleared(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("2", "slash")
        await hand.type("team:shop")
        assert "basket" in hand.part("#table")
        assert "vault" not in hand.part("#table")
        await hand.press("enter", "1", "2")
        await hand.until(lambda: "vault" not in hand.part("#table"))
        assert "/team:shop" in hand.part("#header")
        await hand.press("escape")
        await hand.until(lambda: "vault" in hand.part("#table"))
        assert hand.app.current_mode == "services"


async def test_filter_that_matches_nothing_says_so(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("3", "slash")
        await hand.type("nothing-like-it")
        assert "no change matches /nothing-like-it" in hand.text


async def test_space_freezes_the_picture(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("2", "space")
        assert "frozen" in hand.part("#header")
        hand.engine.board["status"][0]["team"] = "another"
        hand.engine.say("progress", "x", "y")
        await hand.until(lambda: hand.app.newest.rows("staging")[0]["team"] == "another")
        assert hand.app.picture.rows("staging")[0]["team"] != "another"
        await hand.press("space")
        assert hand.app.picture.rows("staging")[0]["team"] == "another"


async def test_log_follows_what_happens(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("4", "l")
        assert isinstance(hand.app.screen, LogScreen)
        hand.engine.say("move-ended", "ledger@prod/eu-b-03", "ledger@prod/eu-b-03 runs 2.5.0", log=["listening"])
        await hand.until(lambda: "runs 2.5.0" in hand.text and "listening" in hand.text)
        await hand.press("escape")
        assert hand.app.current_mode == "rollout"


async def test_tables_move_by_line_page_and_end(opened: Open) -> None:
    async with opened(80, 24) as hand:
        await hand.press("2")
        seen = []
        for key in ("g", "j", "pagedown", "G", "k", "pageup", "home", "end"):
            await hand.press(key)
            seen.append(hand.app.session.service)
        names = sorted(row["service"] for row in hand.app.picture.rows("prod"))
        assert [names.index(name) for name in seen] == [0, 1, 21, 26, 25, 5, 0, 26]


async def test_the_cursor_keeps_to_its_row_when_rows_come(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("3", "j")
        assert hand.app.session.change == "42"
        hand.engine.board["changes"].insert(0, hand.engine.board["changes"][0] | {"id": "40"})
        hand.engine.say("change-requested", "x", "y")
        await hand.until(lambda: len(hand.app.picture.changes) == 5)
        assert hand.app.session.change == "42"


@pytest.mark.parametrize("size", [(20, 5), (80, 24), (120, 40), (200, 60), (300, 20)])
async def test_no_size_breaks_a_screen(opened: Open, size: tuple[int, int]) -> None:
    async with opened(*size) as hand:
        for key in (*"23456781", "enter", "escape", "d", "escape", "question_mark", "escape"):
            await hand.press(key)
        await hand.pilot.resize_terminal(20, 5)
        await hand.pilot.pause()
        await hand.pilot.resize_terminal(120, 40)
        await hand.until(lambda: "27 services" in hand.text)
