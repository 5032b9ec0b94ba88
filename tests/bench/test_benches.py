"""The benchmarks measure something: their estates have work to do, whatever the models become."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from engine.model.snapshot import Execute
from engine.plan.planner import plan
from tests.bench import plots
from tests.bench.console import most_in_a_second
from tests.bench.estate_server import Estate
from tests.bench.planning import estate


def test_the_estate_that_is_planned_has_changes_that_start() -> None:
    actions = plan(estate(27)).actions
    assert actions
    assert not any(isinstance(action, Execute) for action in actions), "a cold plan: nothing is under way yet"


def test_the_estate_that_the_console_is_measured_on_changes_and_says_so() -> None:
    made = Estate(54)
    before = json.loads(made.board)
    event = made.change()
    after = json.loads(made.board)
    changed = [row["service"] for row, was in zip(after["status"], before["status"], strict=True) if row != was]
    assert [event["subject"].partition("@")[0]] == changed
    assert len(json.loads(made.graph)["services"]) == 54


def test_repaints_are_counted_in_any_second_not_by_the_clock() -> None:
    assert most_in_a_second([0.6, 0.9, 1.1, 1.5, 1.7, 2.2]) == 4


def test_growth_is_drawn_with_the_power_of_each_cost() -> None:
    rows = [{"by": "hosts", "cost": "looks & more", "size": size, "ms": size**2 / 10} for size in (10, 100, 1000)]
    drawing = ET.fromstring(plots.svg(rows))
    texts = [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert "looks & more: n^2.00" in texts
    assert "1,000" in texts
    (line,) = drawing.iter("{http://www.w3.org/2000/svg}polyline")
    assert len(line.get("points", "").split()) == 3
