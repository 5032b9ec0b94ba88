"""Rendering, without any application: pictures in, lines out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment

from console.tui.actions import Aim
from console.tui.completion import fuzzy, parse, suggest
from console.tui.picture import Picture
from console.tui.render import times
from console.tui.render.card import Place, card, motion, versions
from console.tui.render.filters import row_matches
from console.tui.render.footer import Notice, footer
from console.tui.render.graph import draw, frame
from console.tui.render.header import Chrome, header
from console.tui.render.hooks import hook_lines
from console.tui.render.hosts import hosts_table
from console.tui.render.layout import lay_out
from console.tui.render.line import Line, crop, fit, length, line, pad, shorten, span, spread, wrap
from console.tui.render.palette import LOOKS
from console.tui.render.queue import change_pane, queue_table
from console.tui.render.services import services_table
from console.tui.render.wires import Wires
from tests.console.estate import NOW, SERVICES, change, item, stamp, status_row
from tests.console.story import make_board, make_graph


@pytest.fixture(scope="module")
def picture() -> Picture:
    return Picture(make_board(), make_graph(), NOW)  # type: ignore[arg-type]


def text(parts: Line) -> str:
    return "".join(part.text for part in parts)


def row(**more: Any) -> Any:
    return status_row("ledger", "prod") | more


@given(st.text(), st.integers(0, 40))
def test_cells_are_exactly_as_wide_as_asked(words: str, width: int) -> None:
    assert length((fit(words, width),)) == width
    assert length(pad(line(span(words)), width)) == width
    assert length(crop(line(span(words), span("x")), width)) <= width
    assert length(spread(line(span(words)), line(span("end")), width)) == width
    assert all(length((Segment(piece),)) <= max(width, 1) for piece in wrap(words, width) if width > 1)


@given(st.text())
def test_nothing_a_terminal_acts_upon_passes(words: str) -> None:
    assert span(words).text.isprintable() or not span(words).text
    assert shorten(words, 20).isprintable()


def test_what_is_cut_shows_that_it_was() -> None:
    assert shorten("abcdef", 4) == "abc…"
    assert text(crop(line("abc", "def"), 4)) == "abc…"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0s"), (59.9, "59s"), (60, "1m00s"), (3599, "59m59s"), (3600, "1h00m"), (90000, "1d1h"), (-5, "0s")],
)
def test_durations(seconds: float, said: str) -> None:
    assert times.duration(seconds) == said


@pytest.mark.parametrize("nonsense", [None, "", "yesterday", "2026-11-24", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_has_no_age(nonsense: str | None) -> None:
    assert times.age(nonsense, NOW) == ""
    assert times.until(nonsense, NOW) == "no set end"


def test_a_wait_says_when_it_clears() -> None:
    assert times.until((NOW + timedelta(minutes=4)).isoformat(), NOW) == "clears in 4m00s"
    assert times.until((NOW - timedelta(minutes=4)).isoformat(), NOW) == "clears now"


def test_every_state_of_the_contract_has_a_glyph_of_its_own() -> None:
    states = [
        "unknown",
        "reverting",
        "failed",
        "paused",
        "baking",
        "rolling",
        "drifted",
        "waiting",
        "pending",
        "degraded",
        "converged",
    ]
    glyphs = [LOOKS[state].glyph for state in states]
    assert len(set(glyphs)) == len(glyphs)
    assert all(length((Segment(look.glyph),)) == 1 for look in LOOKS.values())


@pytest.mark.parametrize(
    ("more", "current", "goal", "done"),
    [
        ({}, "2.4.1", "", 0),
        ({"desired": "2.5.0"}, "2.4.1", "2.5.0", 0),
        ({"current": {"2.4.1": 3, "2.5.0": 1}, "desired": "2.5.0"}, "2.4.1", "2.5.0", 1),
        ({"current": {"1": 1, "2": 1, "3": 2}, "desired": "3"}, "2 others", "3", 2),
        ({"current": {"1": 1, "2": 1}, "desired": None}, "2 versions", "", 0),
        ({"current": {}, "desired": "1"}, "not installed", "1", 0),
        (
            {"current": {}, "desired": None, "placements": [{"version": None, "state": "unknown"}]},
            "not seen yet",
            "",
            0,
        ),
    ],
)
def test_motion(more: dict[str, Any], current: str, goal: str, done: int) -> None:
    where = motion(row(**more))
    assert (where.current, where.goal, where.done) == (current, goal, done)


@pytest.mark.parametrize("width", range(6, 40))
def test_versions_always_show_the_goal_first(width: int) -> None:
    shown = text(versions(row(current={"2.4.1": 3, "2.5.0": 1}, desired="2.5.0"), width))
    assert len(shown) == width
    assert width < 12 or "2.5.0" in shown


@pytest.mark.parametrize("place", Place)
def test_cards_are_two_rows_of_one_width(place: Place) -> None:
    for given_row in (row(), row(state="never-heard-of", current={}), None):
        for part in card("a-service-with-a-very-long-name", given_row, place, 20):
            assert length(part) == 20


def test_layout_follows_the_layers_and_is_the_same_every_time(picture: Picture) -> None:
    nodes = make_graph()["services"]
    layout = lay_out(nodes)
    assert lay_out(list(reversed(nodes))) == layout
    for name, (_, layer, _, _) in SERVICES.items():
        assert layout.slot[name][0] == layer
    assert len(set(layout.slot.values())) == len(SERVICES)


def test_layout_keeps_no_edge_that_others_imply() -> None:
    layout = lay_out(make_graph()["services"])
    assert ("config", "ledger") in layout.edges
    assert ("ledger", "checkout") not in layout.edges  # payments needs ledger already
    assert "ledger" in layout.needs["checkout"]
    assert layout.ancestors("fraud") == {"ledger", "accounts", "geo", "config", "events", "vault", "identity"}
    assert "edge" in layout.descendants("vault")


def test_layout_bears_cycles_and_unknown_needs() -> None:
    def node(name: str, *needs: str) -> Any:
        wanted = [{"provider": need, "version": "", "when": ""} for need in needs]
        return {"service": name, "layer": 0, "needs": wanted, "needed_by": [], "versions": [], "environments": []}

    layout = lay_out([node("a", "b"), node("b", "a", "gone")])
    assert layout.ancestors("a") == {"b"}
    assert lay_out([]).rows == 0


@pytest.mark.parametrize("size", [(10, 3), (60, 10), (120, 24), (200, 40), (400, 100)])
def test_the_map_fills_its_window_exactly(picture: Picture, size: tuple[int, int]) -> None:
    layout = lay_out(make_graph()["services"])
    for selected in ("checkout", "vault", "edge", "nothing"):
        grid = frame(layout, selected, *size)
        rows = draw(layout, lambda name: picture.row(name, "prod"), selected, grid)
        assert [length(part) for part in rows] == [size[0]] * size[1]


def test_the_selected_service_is_always_in_the_window(picture: Picture) -> None:
    layout = lay_out(make_graph()["services"])
    for selected in SERVICES:
        grid = frame(layout, selected, 100, 9)
        rows = draw(layout, lambda name: picture.row(name, "prod"), selected, grid)
        assert any(f" {selected} " in text(part) for part in rows)


def test_wires_of_one_net_join() -> None:
    wires = Wires(5, 3)
    wires.across(1, 0, 2)
    wires.down(2, 0, 2)
    wires.across(0, 2, 4)
    wires.head(4, 0)
    wires.finish(LOOKS["up"].style)
    assert [text(tuple(wires.run(y, 0, 5))) for y in range(3)] == ["  ╭─▸", "──┤  ", "  │  "]


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
def test_tables_never_run_over(picture: Picture, width: int) -> None:
    for table in (services_table, queue_table, hosts_table):
        made = table(picture, "prod", "", NOW, width)
        assert made.rows
        if width >= 80:
            assert all(length(made_row.cells) <= width for made_row in made.rows)


def test_a_change_that_waits_tells_where_its_release_is_already() -> None:
    def told(**faults: str) -> str:
        staged = {"done": 7, "total": 12, "faults": faults}
        waiting = change("5", "waiting", [item("web", "1.0", "2.0", "waiting", 0, 12, staged=staged)])
        return "\n".join(text(each) for each in change_pane(waiting, NOW, 120, 20))  # type: ignore[arg-type]

    assert "0/12  staged on 7 of 12" in told()
    assert "staged on 7 of 12, some failed" in told(h3="no space left")


@pytest.mark.parametrize("width", [20, 80, 120, 200])
def test_header_and_footer_fit(picture: Picture, width: int) -> None:
    pictures = [Picture(), picture, picture.away(NOW, "gone"), Picture().away(NOW, "gone")]
    for shown in pictures:
        for part in header(shown, Chrome("prod", "map", "/x", NOW, True), NOW, width):
            assert length(part) <= width
    for notice in (None, Notice("x" * 300, "failed")):
        assert length(footer("map", Aim(), notice, width)) <= width


@pytest.mark.parametrize(
    ("query", "matches"),
    [("", True), ("led", True), ("team:pay", True), ("team:shop", False), ("state:conv led", True), ("host:eu-a", True),
     ("2.4", True), ("nope", False), ("nokey:x", False)],
)  # fmt: skip
def test_filters(query: str, matches: bool) -> None:
    assert row_matches(query, row()) is matches


def test_a_deploy_line_is_read_as_the_command_line_reads_it() -> None:
    assert parse("a=1 b=2") == ({"a": "1", "b": "2"}, "")
    assert parse("a=1 b=") == ({"a": "1"}, "b: which version?")
    assert parse("=1")[1] == "=1: of which service?"
    assert parse("a=1 a=2")[1] == "a is named twice"
    assert parse("")[0] == {}


def test_suggestions_put_the_selected_service_and_the_newest_version_first(picture: Picture) -> None:
    assert suggest("", picture, "prod", "search")[0].word == "search"
    assert suggest("chk", picture, "prod", "search")[0].text == "checkout="
    assert [s.word for s in suggest("ledger=", picture, "prod", "")] == ["2.6.0", "2.5.0", "2.4.1"]
    assert suggest("ledger=2.5", picture, "prod", "")[0].text == "ledger=2.5.0"
    assert "ledger" not in [s.word for s in suggest("ledger=2.5.0 le", picture, "prod", "")]
    assert suggest("nothing=", picture, "prod", "") == []


def test_fuzzy_prefers_what_begins_with_it() -> None:
    assert fuzzy("pay", "payments") == 0
    assert fuzzy("xyz", "payments") is None
    assert (fuzzy("ment", "payments") or 0) < (fuzzy("pmts", "payments") or 0)


def test_hooks_tell_what_became_of_them_and_count_the_rest() -> None:
    def hook(name: str, state: str, host: str, **more: object) -> dict[str, object]:
        return {"hook": name, "service": "ledger", "host": host, "on": host, "state": state, "attempt": 1,
                "started": stamp(70), "finished": stamp(60), "detail": "", "log": []} | more  # fmt: skip

    hooks = [
        hook("once", "unknown", "eu-a-01", detail="the connection broke", log=["adding a column"], finished=None),
        hook("drain", "done", "eu-a-01", on="lb-1"), hook("drain", "done", "eu-b-01", on="lb-1"),
        hook("undrain", "failed", "eu-a-01", on="lb-1", attempt=2, detail="exit status 3"),
    ]  # fmt: skip
    assert [text(row) for row in hook_lines(hooks, NOW, 120)] == [  # type: ignore[arg-type]
        " hooks  2 drain done",
        " ? once of ledger on eu-a-01  unknown 1m10s  K says what became of it",
        "     the connection broke",
        "     adding a column",
        " ✗ undrain of ledger for eu-a-01 on lb-1  failed 10s, attempt 2",
        "     exit status 3",
    ]
