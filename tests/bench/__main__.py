"""``make bench``: runs every benchmark, prints a table for each, keeps the figures as JSON in
build/bench. Peers are measured in the same run, so that ratios hold on any machine.
"""

from __future__ import annotations

import json
import platform
from pathlib import Path

from tests.bench import accuracy, checking, forecasting, journal, planning

RESULTS = Path(__file__).parent.parent.parent / "build" / "bench"


def main() -> None:
    """Run and report."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    benches = (planning, forecasting, accuracy, journal, checking)
    for name, bench in ((each.__name__.rpartition(".")[2], each) for each in benches):
        rows = bench.measure()
        print(bench.TITLE)
        widths = {key: max(len(key), *(len(str(row[key])) for row in rows)) for key in rows[0]}
        for cells in ({key: key for key in widths}, *rows):
            print("  " + "  ".join(str(cells[key]).rjust(width) for key, width in widths.items()))
        figures = {"python": platform.python_version(), "machine": platform.machine(), "rows": rows}
        (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
