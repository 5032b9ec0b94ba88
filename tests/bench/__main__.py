"""``make bench``: runs every benchmark, or those named in ARGS; prints a table for each, keeps the
figures as JSON in build/bench, and writes them into docs/performance.md. Peers are measured in
the same run, so that ratios hold on any machine.
"""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

from tests.bench import (
    accuracy,
    checking,
    console,
    forecasting,
    growth,
    journal,
    load,
    planning,
    report,
    rollouts,
    simulation,
)

RESULTS = Path(__file__).parent.parent.parent / "build" / "bench"
BENCHES = {
    "planning": planning,
    "forecasting": forecasting,
    "accuracy": accuracy,
    "journal": journal,
    "load": load,
    "simulation": simulation,
    "growth": growth,
    "checking": checking,
    "console": console,
    "rollouts": rollouts,
}


def main(names: list[str]) -> None:
    """Run and report; all of them where none is named."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name, bench in BENCHES.items():
        if names and name not in names:
            continue
        rows = bench.measure()
        print(bench.TITLE)
        widths = {key: max(len(key), *(len(str(row[key])) for row in rows)) for key in rows[0]}
        for cells in ({key: key for key in widths}, *rows):
            print("  " + "  ".join(str(cells[key]).rjust(width) for key, width in widths.items()))
        figures = {"python": platform.python_version(), "machine": platform.machine(), "rows": rows}
        (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n")
    report.write(RESULTS, {name: bench.TITLE for name, bench in BENCHES.items()})


if __name__ == "__main__":
    main(sys.argv[1:])
