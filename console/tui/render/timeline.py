"""The timeline: what ran and when, what is expected to, and the windows and freezes in between, as a Gantt
chart with a lane for each service of each change (or one for each service)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from console.tui.picture import FINISHED, Picture
from console.tui.render.filters import change_matches
from console.tui.render.gantt import Bar, Shade, Stretch, axis, lane
from console.tui.render.line import Line, fit, line, span
from console.tui.render.palette import ACCENT, BAD, FAINT, GOOD, MUTED, RULE, STRONG, TEXT, WARN, change_look
from console.tui.render.table import Row, Table
from console.tui.render.times import duration, parse
from engine.api.protocol import CalendarView, ChangeView, ForecastsView, ItemView, LegView

GOING, FORESEEN, LATE = "━", "╌", "┈"
ENDED_WELL, ENDED_BADLY = frozenset({"succeeded"}), frozenset({"failed", "reverted"})


@dataclass(frozen=True, slots=True)
class Known:
    """What the engine told beyond the board; None while it has not answered."""

    forecast: ForecastsView | None = None
    calendar: CalendarView | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """One item of a change on the timeline."""

    change: ChangeView
    item: ItemView
    bars: tuple[Bar, ...]

    @property
    def key(self) -> str:
        """What the cursor keeps to."""
        return f"{self.change['id']}/{self.item['service']}"

    @property
    def first(self) -> datetime | None:
        """When it begins."""
        return min((bar.start for bar in self.bars), default=None)


def timeline_table(
    picture: Picture, environment: str, query: str, known: Known, stretch: tuple[datetime, datetime], now: datetime,
    width: int, *, by_service: bool = False,
) -> Table:  # fmt: skip
    """The lanes in sight, in the order in which they begin; those that nobody can date last."""
    label = _label_width(width)
    cells = Stretch(*stretch, max(1, width - label - 3))
    shades = _shades(known.calendar)
    found = [each for each in _lanes(picture, environment, query, known, now) if _in_sight(each, cells)]
    if by_service:
        rows = _service_rows(found, shades, cells, now, label)
    else:
        found.sort(
            key=lambda each: (each.first is None, each.first or now, int(each.change["id"]), each.item["service"])
        )
        rows = [Row(each.key, partial(_row, each, shades, cells, now, label)) for each in found]
    policies = _policy_rows(known.calendar, cells, now, label)
    head = line(fit(" change" if not by_service else " service", label, FAINT), *axis(cells, now))
    empty = (
        f"no change matches /{query}; esc clears the filter"
        if query
        else "nothing ran and nothing is queued in this stretch"
    )
    if not rows and policies:
        rows = [Row("", partial(line, span(f"   {empty}", MUTED)))]
    return Table(head, (*rows, *policies), empty)


def _label_width(width: int) -> int:
    return 22 if width < 100 else 34


def _in_sight(each: Lane, cells: Stretch) -> bool:
    if not each.bars:
        return each.change["state"] not in FINISHED
    return any(cells.covers(bar.start, bar.end) for bar in each.bars)


def _lanes(picture: Picture, environment: str, query: str, known: Known, now: datetime) -> list[Lane]:
    legs = {(leg["change"], leg["service"]): leg for leg in (known.forecast["legs"] if known.forecast else [])}
    return [
        Lane(change, item, _bars(change, item, legs.get((change["id"], item["service"])), now))
        for change in picture.changes
        if change["environment"] == environment and change_matches(query, change)
        for item in change["items"]
    ]


def _bars(change: ChangeView, item: ItemView, leg: LegView | None, now: datetime) -> tuple[Bar, ...]:
    """What ran, solid; what is foreseen, dashed."""
    start = parse(item.get("started") or (change["started"] if item["state"] != "waiting" else None))
    end = parse(item.get("finished") or change["finished"])
    if item["state"] in FINISHED:
        if start is None or end is None:
            return ()
        style = GOOD if item["state"] in ENDED_WELL else BAD if item["state"] in ENDED_BADLY else MUTED
        return (Bar(start, end, GOING, style),)
    found = []
    if start is not None and item["state"] != "waiting":
        found.append(Bar(start, now, GOING, WARN if item["state"] in {"paused", "reverting"} else ACCENT))
    begins, ends = (parse(leg["start"]), parse(leg["end"])) if leg else (None, None)
    if begins is not None and ends is not None:
        found.append(Bar(max(begins, now), ends, FORESEEN, ACCENT))
        late = parse(change["forecast"]["end_p90"])
        if late is not None and late > ends:
            found.append(Bar(ends, late, LATE, MUTED))
    return tuple(found)


def _shades(calendar: CalendarView | None) -> dict[str, list[Shade]]:
    """When each instance is shut."""
    found: dict[str, list[Shade]] = {}
    for policy in calendar["policies"] if calendar else []:
        spans = _spans(policy["closed"], frozen=policy["kind"] == "freeze")
        for instance in policy["instances"]:
            found.setdefault(instance, []).extend(spans)
    return found


def _spans(closed: Sequence[Sequence[str]], *, frozen: bool) -> list[Shade]:
    found = []
    for pair in closed:
        start, end = parse(pair[0]), parse(pair[1])
        if start is not None and end is not None:
            found.append(Shade(start, end, frozen))
    return found


def _row(each: Lane, shades: dict[str, list[Shade]], cells: Stretch, now: datetime, label: int) -> Line:
    change, item = each.change, each.item
    its = change_look(item["state"])
    over = item["state"] in FINISHED
    mine = shades.get(f"{item['service']}@{change['environment']}", [])
    head = line(
        span(f" {its.glyph} ", its.style),
        span(f"{change['id']:>4} ", MUTED if over else STRONG),
        fit(f"{item['service']} {item['to']}", label - 9, MUTED if over else TEXT),
        " ",
    )
    return (*head, *lane(cells, each.bars, mine, now, "" if each.bars else _held(change, item), WARN))


def _held(change: ChangeView, item: ItemView) -> str:
    """Why nobody can date it: what holds it."""
    subject = f"{item['service']}@{change['environment']}"
    mine = [wait for wait in change["waits"] if wait["subject"].partition("/")[0] in {subject, change["id"]}]
    return f"◔ {mine[0]['reason']}, no set end" if mine else "◔ waits for the rest of its change"


def _service_rows(
    found: Sequence[Lane], shades: dict[str, list[Shade]], cells: Stretch, now: datetime, label: int
) -> list[Row]:
    groups: dict[str, list[Lane]] = {}
    for each in found:
        groups.setdefault(each.item["service"], []).append(each)
    return [
        Row(_newest(groups[name]).key, partial(_service_row, name, groups[name], shades, cells, now, label))
        for name in sorted(groups)
    ]


def _newest(lanes: Sequence[Lane]) -> Lane:
    """The one the cursor means: what goes on or comes next, else what was last."""
    open_ones = [each for each in lanes if each.change["state"] not in FINISHED]
    return open_ones[0] if open_ones else max(lanes, key=lambda each: int(each.change["id"]))


def _service_row(
    name: str, lanes: Sequence[Lane], shades: dict[str, list[Shade]], cells: Stretch, now: datetime, label: int
) -> Line:
    newest = _newest(lanes)
    its = change_look(newest.item["state"])
    mine = shades.get(f"{name}@{newest.change['environment']}", [])
    head = line(span(f" {its.glyph} ", its.style), fit(name, label - 4, TEXT), " ")
    return (*head, *lane(cells, [bar for each in lanes for bar in each.bars], mine, now))


def _policy_rows(calendar: CalendarView | None, cells: Stretch, now: datetime, label: int) -> list[Row]:
    """A lane for each window and freeze that shuts something in sight."""
    rows = []
    for policy in calendar["policies"] if calendar else []:
        frozen = policy["kind"] == "freeze"
        spans = [each for each in _spans(policy["closed"], frozen=frozen) if cells.covers(each.start, each.end)]
        if spans:
            rows.append(Row("", partial(_policy_row, policy["policy"], frozen, spans, cells, now, label)))
    rule = Row("", partial(line, span(" windows and freezes ", FAINT), span("─" * (label + cells.cells - 20), RULE)))
    return [rule, *rows] if rows else []


def _policy_row(name: str, frozen: bool, spans: list[Shade], cells: Stretch, now: datetime, label: int) -> Line:
    short = name.rpartition(".")[2]
    glyph, style = ("×", BAD) if frozen else ("·", WARN)
    head = line(span(f" {glyph} ", style), fit(short, label - 4, MUTED), " ")
    return (*head, *lane(cells, [Bar(each.start, each.end, glyph, style) for each in spans], (), now))


def timeline_title(stretch: tuple[datetime, datetime], problem: str, now: datetime, width: int) -> Line:
    """Which stretch is shown, and what the marks mean."""
    begin, end = (each.astimezone(now.tzinfo) for each in stretch)
    shown = f" {begin:%a %d %b %H:%M} – {end:%a %d %b %H:%M}"
    length = f"  {duration((end - begin).total_seconds())}"
    if problem:
        return line(span(shown, TEXT), span(length, MUTED), span(f"   ✗ {problem}", BAD))
    parts = [span(shown, TEXT), span(length, MUTED)]
    if width >= 110:
        for glyph, style, said in (
            (GOING, GOOD, "ran"), (GOING, BAD, "failed"), (GOING, ACCENT, "runs"), (FORESEEN, ACCENT, "foreseen"),
            (LATE, MUTED, "at the latest"), ("·", WARN, "window shut"), ("×", BAD, "freeze"),
        ):  # fmt: skip
            parts += [span(f"   {glyph} ", style), span(said, FAINT)]
    return line(*parts)
