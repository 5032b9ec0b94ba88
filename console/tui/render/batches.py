"""A rollout batch by batch: its stages with what each waits for before the next may begin (a bake, a
person), and in each the batches: done, now, next and later, every one with its placements by failure
domain. Of what is over only the moves are left: those that began together were a batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from rich.style import Style

from console.tui.render.line import Line, fit, line, pad, span
from console.tui.render.palette import ACCENT, BAD, FAINT, GOOD, MUTED, TEXT, WARN
from console.tui.render.times import duration, parse
from engine.api.protocol import CourseView, MoveView

CELL, CELL_MOST = 30, 44
DOMAIN = 10
BATCH = 12  # the number of a batch and where it stands
TOGETHER = timedelta(seconds=0.5)

Cells = Mapping[str, tuple[str, Line]]  # host: its domain, and its cell
BATCHES: dict[str, tuple[str, Style]] = {
    "there": ("✓", GOOD),
    "done": ("✓", GOOD),
    "failed": ("✗", BAD),
    "now": ("►", ACCENT),
    "next": ("○", TEXT),
    "later": ("·", FAINT),
}
STAGES: dict[str, tuple[str, Style]] = {
    "done": ("✓", GOOD),
    "moving": ("►", ACCENT),
    "baking": ("◑", ACCENT),
    "promotion": ("‖", WARN),
    "ahead": ("·", FAINT),
}


def course_lines(course: Sequence[CourseView], cells: Cells, width: int) -> list[Line]:
    """Every stage and its batches."""
    found: list[Line] = []
    number = 0
    plain = len(course) == 1 and not course[0]["bake_s"] and not course[0]["promoted_by_hand"]
    for at, stage in enumerate(course, 1):
        if not plain:
            found.append(_stage(stage, at, len(course)))
        for batch in stage["batches"]:
            number += batch["state"] != "there"
            found += _batch(batch["state"], number, batch["hosts"], cells, width)
    told = {host for stage in course for batch in stage["batches"] for host in batch["hosts"]}
    rest = [host for host in cells if host not in told]
    return [*found, *_batch("", 0, rest, cells, width)] if rest else found


def _stage(stage: CourseView, number: int, count: int) -> Line:
    glyph, style = STAGES.get(stage["state"], ("?", MUTED))
    head = f"stage {number} of {count}  {stage['name']}  {stage['done']} of {stage['total']} there"
    return line(span(f"   {glyph} ", style), span(head, FAINT if stage["state"] == "ahead" else TEXT), *_then(stage))


def _then(stage: CourseView) -> Line:
    """What lies between this stage and the next."""
    said: list[tuple[str, Style]] = []
    if stage["bake_s"]:
        whole = duration(stage["bake_s"])
        if stage["state"] == "baking":
            said.append((f"baking {duration(stage['baked_s'])} of {whole}", ACCENT))
        else:
            said.append((f"{'baked' if stage['state'] in {'done', 'promotion'} else 'then bakes'} {whole}", MUTED))
    if stage["promoted_by_hand"] and stage["state"] != "done":
        asked = stage["state"] == "promotion"
        said.append(("m promotes it" if asked else "then awaits promotion", WARN if asked else MUTED))
    return tuple(span(f"   {text}", style) for text, style in said)


def moved_lines(moves: Sequence[MoveView], cells: Cells, width: int) -> list[Line]:
    """What has moved, in the batches in which it began; then what has not."""
    batches: list[list[str]] = []
    begin = None
    for move in sorted(moves, key=lambda move: (move["started"] or "", move["host"])):
        at = parse(move["started"])
        if begin is None or at is None or at - begin > TOGETHER:
            batches.append([])
            begin = at
        batches[-1].append(move["host"])
    found: list[Line] = []
    states = {move["host"]: move["state"] for move in moves}
    for number, hosts in enumerate(batches, 1):
        its = {states[host] for host in hosts}
        found += _batch(
            "now" if "moving" in its else "done" if its == {"done"} else "failed", number, hosts, cells, width
        )
    moved = {host for hosts in batches for host in hosts}
    return [*found, *_batch("", 0, [host for host in cells if host not in moved], cells, width)]


def _batch(state: str, number: int, hosts: Sequence[str], cells: Cells, width: int) -> list[Line]:
    """One batch: a row for each failure domain, more where its placements do not fit in one."""
    per_row = max(1, (width - DOMAIN - BATCH - 3) // CELL)
    size = max(1, min(CELL_MOST, (width - DOMAIN - BATCH - 3) // per_row))
    glyph, style = BATCHES.get(state, (" ", FAINT))
    label = f"{glyph} {number} {state}" if number and state != "there" else f"{glyph} {state}" if state else ""
    by_domain: dict[str, list[Line]] = {}
    for host in hosts:
        if host in cells:
            domain, cell = cells[host]
            by_domain.setdefault(domain, []).append(cell)
    found: list[Line] = []
    for domain, mine in by_domain.items():
        for start in range(0, len(mine), per_row):
            where = domain if start == 0 else ""
            parts = [part for cell in mine[start : start + per_row] for part in pad(cell, size)]
            found.append((span("   "), fit(label, BATCH, style), fit(where, DOMAIN, FAINT), *parts))
            label = ""
    return found
