"""docs/performance.md from the JSON that the benchmarks left: their figures are written nowhere else."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from tests.bench import plots

DRAWING = Path(__file__).parent.parent.parent / "docs" / "growth.svg"
DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "performance.md"
MARK = "<!-- figures: written by make bench; what stands below is lost -->"


def _table(rows: list[dict[str, Any]]) -> str:
    keys = list(rows[0])
    lines = [keys, ["---"] * len(keys), *([str(row[key]) for key in keys] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def growth(rows: list[dict[str, Any]]) -> str:
    """How the cost grows between the sizes measured: the exponent, for each column that is a cost."""
    if len(rows) < 2 or "services" not in rows[0]:
        return ""
    first, last = rows[-2], rows[-1]
    scale = math.log(last["services"] / first["services"])
    costs = [key for key in rows[0] if key.endswith(("_ms", ", s"))]
    found = [f"{key} as n^{math.log(last[key] / first[key]) / scale:.2f}" for key in costs if first[key] and last[key]]
    return f"\nFrom {first['services']:,} to {last['services']:,} services: {', '.join(found)}.\n"


def _drawn(rows: list[dict[str, Any]]) -> str:
    """The drawing of rows that tell how costs grow, which is written beside the document."""
    if "by" not in rows[0]:
        return ""
    DRAWING.write_text(plots.svg(rows), encoding="utf-8")
    return f"\n![Growth of costs]({DRAWING.name})\n"


def write(results: Path, titles: dict[str, str]) -> None:
    """Replace what stands below the mark by what ``results`` holds, in the order of ``titles``; what
    was measured elsewhere stays as it was."""
    head, _, below = DOCUMENT.read_text(encoding="utf-8").partition(MARK)
    kept = {part.partition("\n")[0]: part for part in below.split("\n## ")[1:]}
    parts = [head + MARK]
    for name, title in titles.items():
        file = results / f"{name}.json"
        if file.exists():
            figures = json.loads(file.read_text(encoding="utf-8"))
            said = f"Python {figures['python']}, {figures['machine']}.\n\n{_table(figures['rows'])}"
            parts.append(f"## {title}\n\n{said}\n{growth(figures['rows'])}{_drawn(figures['rows'])}")
        elif title in kept:
            parts.append(f"## {kept[title]}")
    DOCUMENT.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")
