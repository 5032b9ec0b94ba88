"""What makes a console one's own: the command line, the clipboard, the keymap, themes, and other ways to draw
the map."""

from __future__ import annotations

import base64
import copy
from pathlib import Path

import pytest

from console.tui.app import Console
from console.tui.clipboard import program, sequence
from console.tui.commands import offers
from console.tui.dialogs.command import CommandLine
from console.tui.dialogs.deploy import DeployDialog
from console.tui.dialogs.sheet import Sheet
from console.tui.render import matrix, tree
from console.tui.render.layout import lay_out
from console.tui.render.palette import BAD, GOOD, TEXT
from console.tui.render.themes import DARK, THEMES, translate
from console.tui.settings import Settings, keymap_file, read_keymap, state_file
from tests.console.conftest import Hand, Open
from tests.console.estate import NOW
from tests.console.fake_engine import FakeEngine
from tests.console.story import make_graph
from tests.console.test_dialogs import sent


async def command(hand: Hand, text: str) -> None:
    """Types a command."""
    await hand.press("colon")
    await hand.type(text)
    await hand.press("enter")
    await hand.app.workers.wait_for_complete()
    await hand.pilot.pause()


async def test_commands_go_and_switch(opened: Open) -> None:
    async with opened() as hand:
        await command(hand, "queue")
        assert hand.app.current_mode == "queue"
        await command(hand, "change 39")
        assert (hand.app.current_mode, hand.app.session.change) == ("rollout", "39")
        await command(hand, "service ledger")
        assert (hand.app.current_mode, hand.app.session.service) == ("map", "ledger")
        await command(hand, "env staging")
        assert hand.app.session.environment == "staging"
        await command(hand, "service edge@prod")
        assert (hand.app.session.environment, hand.app.session.service) == ("prod", "edge")
        await command(hand, "host eu-a-01")
        assert (hand.app.current_mode, hand.app.session.host) == ("hosts", "eu-a-01")
        await command(hand, "filter eu-b")
        assert "/eu-b" in hand.part("#header")
        await command(hand, "at 700")
        await hand.until(lambda: "THE PAST" in hand.part("#header"))


async def test_a_command_opens_a_dialog_with_what_was_typed(opened: Open) -> None:
    async with opened() as hand:
        await command(hand, "deploy ledger=2.5.0")
        assert isinstance(hand.app.screen, DeployDialog)
        await hand.until(lambda: "2.4.1 → 2.5.0" in hand.part("#preview"))
        await hand.press("enter")
        await hand.until(lambda: sent(hand))
        assert sent(hand)[0][1]["services"] == {"ledger": "2.5.0"}
        await command(hand, "help")
        assert isinstance(hand.app.screen, Sheet)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("frobnicate x", "there is no command frobnicate"),
        ("service nothing", "no service is called nothing in prod"),
        ("change 7000", "change 7000 is not among those"),
        ("theme pink", "no theme is called pink: there are interlock, light"),
        ("env mars", "no environment is called mars: there are staging, prod"),
        ("abort now", "abort: not on this screen"),
        ("host x", "no host is called x"),
        ("notify loudly", "notifications are off, bell, osc9"),
    ],
)
async def test_a_command_that_makes_no_sense_says_why(opened: Open, text: str, said: str) -> None:
    async with opened() as hand:
        await command(hand, text)
        await hand.until(lambda: said in hand.part("#footer"))


async def test_completion_and_history_of_commands(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("colon")
        await hand.type("hist")
        assert isinstance(hand.app.screen, CommandLine)
        await hand.until(lambda: "history" in hand.part("#offers"))
        await hand.press("tab", "enter")
        await hand.until(lambda: hand.app.current_mode == "history")
        await command(hand, "map")
        await hand.press("colon", "up", "up")
        assert hand.app.screen.query_one("#command").value == "history"  # type: ignore[attr-defined]
        await hand.press("down")
        assert hand.app.screen.query_one("#command").value == "map"  # type: ignore[attr-defined]
        await hand.press("escape")
        assert hand.app.current_mode == "map"


async def test_a_read_only_console_runs_no_command_that_changes_something(opened: Open) -> None:
    async with opened(read_only=True) as hand:
        await command(hand, "deploy ledger=2.5.0")
        await hand.until(lambda: "deploy: this console is read-only" in hand.part("#footer"))
        assert sent(hand) == []


async def test_offers_are_fuzzy_and_of_the_screen(opened: Open) -> None:
    async with opened() as hand:
        picture = hand.app.picture

        def words(text: str, screen: str = "map") -> list[str]:
            return [offer.word for offer in offers(text, picture, "prod", "search", screen)]

        assert "matrix" in words("mat")
        assert "matrix" not in words("mat", "queue")
        assert words("env ") == ["prod", "staging"]
        assert words("service stfr") == ["storefront"]
        assert words("deploy ledg")[0] == "ledger"
        assert words("theme ") == sorted(THEMES)
        assert words("nothing-like-it ") == []


def decoded(written: str) -> str:
    return base64.b64decode(written.partition("52;c;")[2].partition("\x07")[0]).decode()


async def test_y_copies_what_the_cursor_is_on(opened: Open) -> None:
    async with opened() as hand:
        for key, copied in (("1", "search@prod"), ("4", "41"), ("5", "eu-a-01")):
            await hand.press(key, "y")
            await hand.until(lambda copied=copied: f"copied: {copied}" in hand.part("#footer"))  # type: ignore[misc]
            assert hand.app.clipboard == copied


def test_the_sequence_is_wrapped_for_multiplexers() -> None:
    plain = sequence("ledger ▸", {})
    assert (decoded(plain), plain[:7], plain[-1]) == ("ledger ▸", "\x1b]52;c;", "\x07")
    wrapped = sequence("ledger", {"TMUX": "/tmp/tmux"})
    assert wrapped.startswith("\x1bPtmux;\x1b\x1b]52;c;")
    assert wrapped.endswith("\x07\x1b\\")
    assert decoded(wrapped) == "ledger"
    assert sequence("x", {"STY": "1"}).startswith("\x1bP\x1b]52")


def test_over_ssh_the_desktops_program_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert program({"WAYLAND_DISPLAY": "w"}) == ("wl-copy",)
    assert program({"WAYLAND_DISPLAY": "w", "SSH_TTY": "/dev/pts/1"}) == ()
    assert program({}) == ()


async def test_a_keymap_gives_actions_other_keys_in_footer_and_help_too(engine: FakeEngine, tmp_path: Path) -> None:
    file = tmp_path / "keymap.toml"
    file.write_text('[keys]\ndeploy = "D"\nqueue = ["Q", "3"]\nfrob = "x"\n')
    app = Console(engine.client, now=lambda: NOW, keymap=file)
    async with app.run_test(size=(120, 40)) as pilot:
        hand = Hand(app, pilot, engine)
        await hand.until(lambda: app.picture.connected and app.picture.graph)
        await hand.until(lambda: "no action is called frob" in hand.part("#footer"))
        await hand.press("Q")
        assert app.current_mode == "queue"
        await hand.until(lambda: "D deploy" in hand.part("#footer"))
        await hand.press("d")
        assert app.current_mode == "queue"
        assert len(app.screen_stack) == 1
        await hand.press("D")
        assert isinstance(app.screen, DeployDialog)


@pytest.mark.parametrize("text", ["deploy = 5", "= =", "[keys]\ndeploy = ''", "keys = 3", "\x00"])
def test_a_broken_keymap_is_passed_over_with_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keymap.toml"
    file.write_text(text)
    keys, said = read_keymap(file, {"deploy"})
    assert keys == {}
    assert bool(said) == (text != "keys = 3")
    assert read_keymap(tmp_path / "none", {"deploy"}) == ({}, "")


async def test_a_theme_is_worn_and_kept(engine: FakeEngine, tmp_path: Path) -> None:
    file = tmp_path / "state" / "console.json"
    for expected in ("light", "colour-blind", "ansi", DARK):
        app = Console(engine.client, now=lambda: NOW, settings=Settings(file))
        async with app.run_test(size=(120, 40)) as pilot:
            hand = Hand(app, pilot, engine)
            await hand.until(lambda app=app: app.picture.connected)  # type: ignore[misc]
            await hand.press("T")
            assert app.theme == expected
            await hand.press("d", "escape", "colon", "escape")
            assert "27 services" in hand.text
    kept = Settings(file)
    kept.load()
    assert kept.theme == DARK


@pytest.mark.parametrize("text", ["", "{", "[]", '{"theme": 3, "lines": 5}', '{"lines": [1, null]}'])
def test_settings_that_cannot_be_read_count_as_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "console.json"
    file.write_text(text)
    settings = Settings(file)
    settings.load()
    assert settings.notify == "off"
    settings.typed("map")
    settings.typed("map")
    again = Settings(file)
    again.load()
    assert again.lines[-1] == "map"
    assert again.lines.count("map") == 1


def test_files_are_where_people_look_for_them() -> None:
    assert state_file({"XDG_STATE_HOME": "/s"}) == Path("/s/interlock/console.json")
    assert keymap_file({"XDG_CONFIG_HOME": "/c"}) == Path("/c/interlock/keymap.toml")
    assert keymap_file({"INTERLOCK_KEYMAP": "/k"}) == Path("/k")


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("theme", "ground"), [(DARK, "#0e1116"), ("light", "#ffffff"), ("colour-blind", "#0e1116")])
def test_text_can_be_read_on_its_ground(theme: str, ground: str) -> None:
    for style in (TEXT, GOOD, BAD):
        colour = translate(style, theme).color
        assert colour is not None
        one, other = sorted((luminance(colour.name), luminance(ground)))
        assert (other + 0.05) / (one + 0.05) >= 4.5


async def test_the_matrix_and_the_tree(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("m")
        assert "the row needs the column" in hand.part("#map")
        row = next(line for line in hand.part("#map").splitlines() if " search " in line)
        assert row.count("■") == 3
        await hand.press("j")
        assert hand.app.session.service == "profiles"
        await hand.press("t")
        assert "└─ " in hand.part("#map")
        await hand.press("g")
        assert hand.app.session.service == "edge"
        await hand.press("escape")
        assert hand.app.session.view == "board"
        assert hand.app.current_mode == "map"


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (20, 5)])
async def test_matrix_and_tree_fit_everywhere(opened: Open, size: tuple[int, int]) -> None:
    async with opened(*size) as hand:
        for key in "mjkGgtjkGgm":
            await hand.press(key)
        assert hand.app.is_running


def test_a_cycle_shows_above_the_diagonal_and_once_in_the_tree() -> None:
    nodes = copy.deepcopy(make_graph()["services"][:2])
    for node, other in zip(nodes, reversed(nodes), strict=True):
        node |= {"needs": [{"provider": other["service"], "version": "", "when": ""}], "layer": 0}
    layout = lay_out(nodes)
    lines = matrix.matrix_lines(layout, lambda name: None, "config", 80, 20)
    text = "\n".join("".join(part.text for part in row) for row in lines[:-1])
    assert text.count("◆") == 1
    assert sorted(tree.order(layout)) == ["config", "identity"]


async def test_a_large_map_opens_on_what_is_pending_and_its_blockers(engine: FakeEngine, opened: Open) -> None:
    model = next(row for row in engine.board["status"] if row["service"] == "edge" and row["environment"] == "prod")
    node = next(each for each in engine.graph["services"] if each["service"] == "edge")
    for number in range(60):
        engine.board["status"].append(copy.deepcopy(model) | {"service": f"calm-{number}"})
        engine.graph["services"].append(node | {"service": f"calm-{number}", "needs": [], "needed_by": []})
    async with opened() as hand:
        await hand.until(lambda: "87 services" in hand.text)
        summary = hand.part("#summary")
        assert "calm ones hidden, f shows all" in summary
        assert "calm-1" not in hand.app.screen.layout_now().slot  # type: ignore[attr-defined]
        assert "ledger" in hand.app.screen.layout_now().slot  # type: ignore[attr-defined]
        await hand.press("f")
        assert "calm-1" in hand.app.screen.layout_now().slot  # type: ignore[attr-defined]
        await hand.press("f", "slash")
        await hand.type("calm-1")
        await hand.until(lambda: hand.app.session.service.startswith("calm-1"))
