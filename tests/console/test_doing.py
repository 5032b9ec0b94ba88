"""The one action of why, done in place; notifications of my own changes; and the operator's pager and editor."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from console.tui.dialogs.confirm import DEAF_S, ConfirmDialog
from console.tui.dialogs.deploy import DeployDialog
from console.tui.dialogs.why import WhySheet
from console.tui.doing import Doing, understood
from console.tui.noticing import news, signal
from console.tui.outside import editor, pager
from console.tui.picture import Picture
from tests.console import overtime
from tests.console.conftest import Open
from tests.console.estate import wait
from tests.console.story import make_board
from tests.console.test_dialogs import sent


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("interlock cancel 41", Doing("cancel", "41")),
        ("interlock release ledger@prod", Doing("hold", "ledger@prod")),
        ("interlock override 42 window --reason TEXT", Doing("override", "42")),
        ("interlock deploy ledger=2.5.0 'a=1' -e prod", Doing("deploy", "", "ledger=2.5.0 a=1")),
        ("interlock resume", Doing("pause_engine", "")),
        ("interlock frob 1", None),
        ("rm -rf /", None),
        ("interlock cancel", None),
        ("interlock deploy", None),
        ("'", None),
        ("", None),
    ],
)
def test_commands_that_the_console_understands(command: str, wanted: Doing | None) -> None:
    assert understood(command) == wanted


async def test_the_action_of_why_is_done_in_place_and_asks_first(opened: Open) -> None:
    async with opened() as hand:
        hand.app.session.service = "checkout"
        await hand.press("w")
        await hand.until(lambda: "enter does it here, and asks first" in hand.text)
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.app.screen, ConfirmDialog))
        assert "Cancel change 41?" in hand.text
        await hand.press("enter")
        assert sent(hand) == []
        await hand.press("w")
        await hand.until(lambda: "enter does it here" in hand.text)
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.app.screen, ConfirmDialog))
        await hand.pilot.pause(DEAF_S + 0.05)
        await hand.press("y")
        await hand.until(lambda: sent(hand) == [("/v1/cancel", {"subject": "41"})])


async def test_a_deploy_that_why_proposes_opens_the_dialog(engine: Any, opened: Open) -> None:
    engine.action = "interlock deploy ledger=2.5.0 -e prod"
    async with opened() as hand:
        await hand.press("w")
        await hand.until(lambda: "enter does it here" in hand.text)
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.app.screen, DeployDialog))
        await hand.until(lambda: "2.4.1 → 2.5.0" in hand.part("#preview"))


@pytest.mark.parametrize(
    ("action", "read_only"), [("ask the provider of stripe", False), ("interlock cancel 41", True)]
)
async def test_what_cannot_be_done_here_is_only_told(engine: Any, opened: Open, action: str, read_only: bool) -> None:
    engine.action = action
    async with opened(read_only=read_only) as hand:
        await hand.press("w")
        await hand.until(lambda: action in hand.text)
        assert "enter does it here" not in hand.text
        await hand.press("enter")
        assert not isinstance(hand.app.screen, WhySheet)
        assert sent(hand) == []


def pictures() -> tuple[Picture, dict[str, Any]]:
    board = make_board()
    return Picture(board=copy.deepcopy(board)), board  # type: ignore[arg-type]


def test_my_changes_are_noticed_and_nobody_elses() -> None:
    before, board = pictures()
    board["changes"][0]["state"] = "succeeded"
    board["changes"][1]["state"] = "cancelled"
    after = Picture(board=board)  # type: ignore[arg-type]
    assert news(before, after) == ["change 41 (ledger, checkout): succeeded"]
    assert news(after, after) == []


def test_a_change_of_mine_that_needs_somebody_is_noticed_once() -> None:
    before, board = pictures()
    board["changes"][0]["waits"].append(wait("ApprovalRequired", "41", "nobody has approved it", "41"))
    after = Picture(board=board)  # type: ignore[arg-type]
    assert news(before, after) == ["change 41 (ledger, checkout) needs somebody: ApprovalRequired"]
    assert news(after, after) == []


def test_what_a_terminal_is_sent_carries_nothing_else() -> None:
    assert signal("x", "off") == ""
    assert signal("x", "bell") == "\x07"
    told = signal("a\x07\x1b]52;c;x\x07b", "osc9", {})
    assert (told[:4], told.count("\x1b"), told.count("\x07")) == ("\x1b]9;", 1, 1)
    assert signal("x", "osc9", {"TMUX": "1"}).startswith("\x1bPtmux;\x1b\x1b]9;x")


async def test_notifications_are_off_until_one_asks_for_them(opened: Open) -> None:
    async with opened() as hand:
        wrote: list[str] = []
        assert hand.app._driver is not None
        hand.app._driver.write = wrote.append  # type: ignore[method-assign]

        async def ends(state: str) -> None:
            hand.engine.board["changes"][0]["state"] = state
            hand.engine.say("change-status", "41", state)
            await hand.until(lambda: (c := hand.app.newest.change("41")) and c["state"] == state)

        await ends("paused")
        assert "\x07" not in "".join(wrote)
        await hand.press("colon")
        await hand.type("notify bell")
        await hand.press("enter")
        await hand.until(lambda: hand.app.settings.notify == "bell")
        await ends("succeeded")
        await hand.until(lambda: "\x07" in wrote)
        await hand.until(lambda: "change 41 (ledger, checkout): succeeded" in hand.part("#footer"))


class Ran:
    """The programs that were started, and what a pager was shown."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.shown = ""

    def __call__(self, command: list[str], **options: object) -> None:
        self.commands.append(list(command))
        file = Path(command[-1])
        self.shown = file.read_text() if file.suffix == ".txt" else ""


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Stands for the terminal being handed over, which Pilot has none of."""
    found = Ran()

    @contextmanager
    def suspended(self: object) -> Iterator[None]:
        yield

    monkeypatch.setattr("console.tui.app.Console.suspend", suspended)
    monkeypatch.setattr("console.tui.outside.subprocess.run", found)
    return found


async def test_v_pages_through_the_log(opened: Open, ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "more -s")
    async with opened() as hand:
        hand.app.session.change = "39"
        await hand.press("4", "v")
        await hand.until(lambda: ran.commands)
        assert ran.commands[0][:2] == ["more", "-s"]
        assert "index schema 12 not found" in ran.shown


async def test_v_pages_through_the_history(engine: Any, opened: Open, ran: Ran) -> None:
    engine.journal = overtime.journal()
    async with opened() as hand:
        await hand.press("7")
        await hand.until(lambda: "812" in hand.part("#table"))
        await hand.press("v")
        await hand.until(lambda: "ana overrides WindowClosed" in ran.shown)


async def test_enter_on_a_finding_opens_the_editor_there(
    engine: Any, opened: Open, ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "ed")
    file = tmp_path / "shop.yaml"
    file.write_text("services: {}\n")
    engine.findings = [overtime.FINDINGS[0] | {"file": str(file), "line": 7}]
    async with opened() as hand:
        await hand.press("8")
        await hand.until(lambda: "single-point" in hand.part("#table"))
        await hand.press("G", "enter")
        await hand.until(lambda: ran.commands == [["ed", "+7", str(file)]])


async def test_an_inventory_elsewhere_cannot_be_edited_here(engine: Any, opened: Open, ran: Ran) -> None:
    engine.board["engine"]["inventory"] = "/nowhere/at/all"
    async with opened() as hand:
        await hand.press("i")
        await hand.until(lambda: "/nowhere/at/all is not on this machine" in hand.part("#footer"))
        assert ran.commands == []


def test_the_operators_own_programs() -> None:
    assert pager({}) == ["less"]
    assert editor({"VISUAL": "code -w"}, Path("x"), 0) == ["code", "-w", "x"]
