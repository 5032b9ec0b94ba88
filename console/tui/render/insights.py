"""Insights: the four DORA figures by team or service with a bar for each day, and below them what `check`
finds in the estate."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.style import Style

from console.tui.render.line import EMPTY, Line, fit, line, pad, span, wrap
from console.tui.render.palette import ACCENT, BAD, FAINT, GOOD, MUTED, RULE, STRONG, TEXT, WARN
from console.tui.render.table import Column, Row, Table, cells, head, widths
from console.tui.render.times import duration
from engine.api.protocol import DoraView, FiguresView, FindingView

BLOCKS = " ▁▂▃▄▅▆▇█"
COLUMNS = (
    Column("group", 16, share=1, limit=22),
    Column("deployments", 11, right=True),
    Column("by day", 14, share=2, limit=30, least=100),
    Column("lead time", 10, right=True),
    Column("failed", 12, right=True),
    Column("restored in", 11, right=True),
    Column("", 20, share=3),
)
FAILS_OFTEN, FAILS = 0.3, 0.15  # from where DORA's reports call a failure rate low and medium


def insights_table(
    found: DoraView | None, findings: Sequence[FindingView] | None, query: str, width: int, *, services: bool
) -> Table:
    """Both parts as one table: the cursor goes through all of it."""
    sized = widths(COLUMNS, width)
    words = query.lower().split()
    rows = [*_figures(found, sized, words, services=services), *_findings(findings, words, width)]
    return Table(head(sized), tuple(rows), "asking the engine")


def _figures(
    found: DoraView | None, sized: Sequence[tuple[Column, int]], words: list[str], *, services: bool
) -> list[Row]:
    if found is None:
        return []
    groups = [
        each
        for each in (found["services"] if services else found["teams"])
        if _matches(words, each["name"], each["team"])
    ]
    groups.sort(key=lambda each: (-each["deployments"] - each["failures"], each["name"]))
    busy = [each for each in groups if each["deployments"] or each["failures"]]
    rows = [Row(f"all/{found['environment']}", partial(_figure, found["all"], "all", STRONG, sized))]
    rows += [Row(f"group/{each['name']}", partial(_figure, each, each["name"], TEXT, sized)) for each in busy]
    quiet = ", ".join(each["name"] for each in groups if each not in busy)
    if quiet:
        rows.append(Row("", partial(line, span(f" nothing deployed: {quiet}", FAINT))))
    return rows


def _matches(words: list[str], *texts: str) -> bool:
    whole = " ".join(texts).lower()
    return all(word in whole for word in words)


def _figure(each: FiguresView, name: str, style: Style, sized: Sequence[tuple[Column, int]]) -> Line:
    room = {column.title: size for column, size in sized}
    rate = each["failure_rate"]
    risk = MUTED if rate is None else BAD if rate > FAILS_OFTEN else WARN if rate > FAILS else GOOD
    failed = "" if rate is None else f"{each['failures']}  {100 * rate:.0f}%"
    return cells(
        sized,
        {
            "group": line(span(name or "no team", style)),
            "deployments": line(span(f"{each['deployments']}", TEXT), span(f" {each['per_day']:.1f}/d", FAINT)),
            "by day": line(span(spark(each.get("daily", []), room.get("by day", 14)), ACCENT)),
            "lead time": span(_length(each["lead_time_s"]), TEXT),
            "failed": span(failed, risk),
            "restored in": span(_length(each["restore_s"]), TEXT),
            "": line(span(f"✗ {each['broken']} not mended", BAD) if each["broken"] else span("")),
        },
    )


def _length(seconds: float | None) -> str:
    return "–" if seconds is None else duration(seconds)


def spark(daily: Sequence[int], width: int) -> str:
    """A bar for each of the latest days; a day without any is a dot on the ground."""
    shown = list(daily)[-width:]
    most = max(shown, default=0)
    if not most:
        return ""
    return "".join(BLOCKS[max(1, round(8 * count / most))] if count else "·" for count in shown)


def _findings(findings: Sequence[FindingView] | None, words: list[str], width: int) -> list[Row]:
    if findings is None:
        return []
    mine = [each for each in findings if _matches(words, each["rule"], each["file"], each["message"])]
    errors = sum(each["severity"] == "error" for each in mine)
    said = f"{errors} errors, {len(mine) - errors} warnings" if mine else "nothing to find fault with"
    title = line(
        span(" what check finds ", FAINT), span(f"{said} ", MUTED), span("─" * max(0, width - 24 - len(said)), RULE)
    )
    rows = [Row("", lambda: EMPTY), Row("", lambda: title)]
    mine.sort(key=lambda each: (each["severity"], each["rule"], each["file"], each["line"]))
    return rows + [Row(_key(each), partial(_finding, each, width)) for each in mine]


def _key(each: FindingView) -> str:
    return f"finding/{each['rule']} {each['file']}:{each['line']} {each['message']}"


MEANINGS = (
    ("deployments", "rollouts of one service that succeeded, and how many a day"),
    ("lead time", "from the queue to done, the median: waits count"),
    ("failed", "went back or broke by themselves, or were rolled back later; of all that ended"),
    ("restored in", "from the failure until the service was well again, the median"),
)


def finding_at(key: str, findings: Sequence[FindingView] | None) -> FindingView | None:
    """The finding of a row, None if it is not one's."""
    return next((each for each in findings or [] if _key(each) == key), None)


def insight_pane(key: str, findings: Sequence[FindingView] | None, width: int) -> list[Line]:
    """The finding under the cursor in full, or what the figures mean."""
    found = finding_at(key, findings)
    if found is None:
        said = [line(fit(f" {name}", 14, TEXT), span(meaning, MUTED)) for name, meaning in MEANINGS]
        return [line(span(" what the figures mean", FAINT)), *said]
    bad = found["severity"] == "error"
    title = line(
        span(f" {'✗' if bad else '▲'} ", BAD if bad else WARN), span(found["rule"], STRONG),
        span(f"  {found['severity']}", MUTED),
        span(f"  {found['file']}:{found['line']}" if found["file"] else "", ACCENT),
    )  # fmt: skip
    return [title, *[line(span(f"   {row}", TEXT)) for row in wrap(found["message"], width - 4)]]


def _finding(each: FindingView, width: int) -> Line:
    glyph, style = ("✗", BAD) if each["severity"] == "error" else ("▲", WARN)
    place = f"{each['file'].rpartition('/')[2]}:{each['line']}" if each["file"] else ""
    rule = fit(each["rule"], 24, style)
    where = fit(place, 22, MUTED) if width >= 110 else span("")
    return pad(line(span(f" {glyph} ", style), rule, " ", where, span(f" {each['message']}", TEXT)), width)
