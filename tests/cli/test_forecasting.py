"""``interlock forecast`` and the times of ``plan``: what starts and ends when, and what nobody can date."""

from __future__ import annotations

from tests.api.served import Served
from tests.cli.conftest import Interlock


def test_a_plan_says_when_each_step_would_run(still: Served, interlock: Interlock) -> None:
    steps = interlock("plan", "checkout=1.1.0", "ledger=1.1.0", "-e", "prod", "-o", "json").data["steps"]
    assert [step["service"] for step in steps] == ["ledger", "checkout"]
    assert steps[0]["start"] < steps[0]["end"] <= steps[1]["start"] < steps[1]["end"]
    assert "START" in interlock("plan", "ledger=1.1.0", "-e", "prod").out


def test_the_forecast_lists_what_is_queued_and_says_what_holds_the_rest(still: Served, interlock: Interlock) -> None:
    assert interlock("forecast").out == "nothing is queued\n"
    interlock("deploy", "checkout=1.1.0", "ledger=1.1.0", "-e", "prod")
    interlock("deploy", "search=1.1.0", "-e", "prod")
    interlock("pause", "2")
    found = interlock("forecast", "-o", "json").data
    assert [(leg["change"], leg["service"], leg["to"]) for leg in found["legs"]] == [
        ("1", "ledger", "1.1.0"),
        ("1", "checkout", "1.1.0"),
    ]
    assert [(each["change"], each["end"] is None, each["held"]) for each in found["changes"]] == [
        ("1", False, ""),
        ("2", True, "Paused"),
    ]
    text = interlock("forecast").out
    assert "change 2 has no foreseeable end: Paused (interlock why 2)" in text
    assert "ledger 1.1.0" in text


def test_accuracy_says_when_nothing_was_measured(still: Served, interlock: Interlock) -> None:
    assert "no forecast has been measured yet" in interlock("forecast", "--accuracy").out
    assert interlock("forecast", "--accuracy", "-o", "json").data["end_error"] is None


def test_why_without_a_name_tells_what_holds_anything(still: Served, interlock: Interlock) -> None:
    assert "nothing is held" in interlock("why").out
    interlock("deploy", "search=1.1.0", "-e", "prod")
    interlock("pause", "1")
    assert "do now: interlock resume 1" in interlock("why").out
