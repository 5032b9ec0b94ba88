"""How good forecasts are: ten seeds of forty changes over the sample organization with windows
(tests/plan/organization.py), each foreseen once and then played to the end.

Errors are parts of the time between the forecast and the event. Odd seeds queue while the window
is shut: there the calendar decides most, and a tenth is kept with ease. Even seeds queue while it
is open: there all is chance. One rollout that starts at once is missed by a fifth (the median of
a log-normal error of sigma 0.3), chains of them by less; single seeds exceed a tenth, and so does
a forecaster that knows every true median and draws its forecast from the true distribution.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.model.change import Change
from engine.plan.forecast import accuracy
from tests.plan.organization import is_good, played

TITLE = "Accuracy of forecasts, by seed: median errors <= 0.10, covered by p90 0.80 to 0.97"
SEEDS = range(1, 11)


def _row(name: object, changes: Iterable[Change]) -> dict[str, object]:
    found = accuracy(tuple(changes))
    return {
        "seed": name,
        "ends": found.ends,
        "start error": round(found.start_error or 0.0, 3),
        "end error": round(found.end_error or 0.0, 3),
        "covered": round(found.covered or 0.0, 2),
    }


def measure() -> list[dict[str, object]]:
    """A row for each seed; then all that were queued at one time of day, and all, which must be good."""
    runs = {seed: played(seed) for seed in SEEDS}
    assert is_good(accuracy([change for changes in runs.values() for change in changes]))
    rows = [_row(seed, changes) for seed, changes in runs.items()]
    for name, chosen in (("shut", {1}), ("open", {0}), ("all", {0, 1})):
        rows.append(_row(name, (change for seed, changes in runs.items() if seed % 2 in chosen for change in changes)))
    return rows
