"""The growth of costs as one drawing of small panels, logarithmic both ways: a line whose slope is 1 grows as what
is below it does.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, GAP = 240, 150, 48, 30, 26
INKS = ("#1f6f8b", "#b3541e", "#5b7f2b", "#7a3b8f")
Series = dict[str, list[tuple[float, float]]]


def panels(rows: list[dict[str, Any]]) -> dict[str, Series]:
    """The measured points by what grows and by cost."""
    found: defaultdict[str, Series] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row["by"]][row["cost"]].append((row["size"], max(row["ms"], 0.01)))
    return found


def exponent(points: list[tuple[float, float]]) -> float:
    """The power with which a cost grows, by its last two points."""
    (size, cost), (larger, more) = points[-2:]
    return math.log(more / cost) / math.log(larger / size)


def svg(rows: list[dict[str, Any]]) -> str:
    """The drawing."""
    parts, drawn = list[str](), panels(rows)
    for place, (by, series) in enumerate(drawn.items()):
        parts.append(_panel(by, series, LEFT + place * (WIDTH + LEFT + GAP)))
    legend = max(len(series) for series in drawn.values())
    width, height = len(drawn) * (WIDTH + LEFT + GAP), TOP + HEIGHT + 40 + 14 * legend
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
    return (
        f'{head} font-size="11">\n<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _panel(by: str, series: Series, left: float) -> str:
    xs = [math.log10(x) for points in series.values() for x, _ in points]
    ys = [math.log10(y) for points in series.values() for _, y in points]
    low, high = math.floor(min(ys)), math.ceil(max(ys))

    def at(x: float, y: float) -> str:
        right = (math.log10(x) - min(xs)) / (max(xs) - min(xs))
        up = (math.log10(y) - low) / max(1, high - low)
        return f"{left + right * WIDTH:.1f},{TOP + HEIGHT - up * HEIGHT:.1f}"

    parts = [f'<text x="{left}" y="{TOP - 10}" font-weight="bold">with {escape(by)}: milliseconds of CPU</text>']
    for power in range(low, high + 1):
        y = TOP + HEIGHT - (power - low) / max(1, high - low) * HEIGHT
        parts.append(f'<path d="M{left} {y:.1f}h{WIDTH}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 4}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for size in sorted({x for points in series.values() for x, _ in points}):
        x = at(size, 10.0**low).partition(",")[0]
        parts.append(f'<text x="{x}" y="{TOP + HEIGHT + 14}" text-anchor="middle">{size:,}</text>')
    for row, ((cost, points), ink) in enumerate(zip(series.items(), INKS, strict=False)):
        line = " ".join(at(*point) for point in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{ink}" stroke-width="2"/>')
        text = f"{escape(cost)}: n^{exponent(points):.2f}"
        parts.append(f'<text x="{left}" y="{TOP + HEIGHT + 32 + 14 * row}" fill="{ink}">{text}</text>')
    return "\n".join(parts)
