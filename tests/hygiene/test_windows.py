"""Findings about windows and freezes, at nine o'clock UTC on a Tuesday in November 2026."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.hygiene import TIMED_RULES, check
from engine.inventory import load
from tests.hygiene.test_rules import KNOWN, SOUND, catalog

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SLOW = SOUND.replace("{tcp: 80}", "{tcp: 80, interval: 10s, passes: 4}")  # a step takes half a minute
POLICIES = SOUND.count("\n") + 1
PLACE = {"checkout": 16, "ledger": 10}

TABLE = [
    (
        '  windows: {gone: {allow: {dates: "2026-11-01..2026-11-23"}}}',
        POLICIES + 1,
        "error window-never-opens: the window gone does not open within 400 days: nothing that it applies to can ever",
    ),
    (
        "  windows: {shut: {allow: {days: mon}, deny: {days: mon}}}",
        POLICIES + 1,
        "error window-never-opens: the window shut does not open",
    ),
    (
        "  windows: {a: {applies_to: {services: [ledger]}, allow: {days: mon}}, b: {allow: {days: tue}}}",
        PLACE["ledger"],
        "error window-never-opens: the windows a, b all apply to ledger@prod and are never open at the same time",
    ),
    (
        '  windows: {blink: {applies_to: {services: [checkout]}, allow: {hours: "09:00-09:01"}}}',
        PLACE["checkout"],
        "error fits-no-window: a rollout of checkout@prod with the time to revert takes about 2m4s, and its windows",
    ),
    (
        "  freezes: {old: {from: 2025-11-26T00:00:00Z, to: 2025-11-30T00:00:00Z}}",
        POLICIES + 1,
        "warning freeze-is-over: the freeze old ended at 2025-11-30T00:00:00+00:00: remove it",
    ),
]

QUIET = [
    "  windows: {office: {allow: {days: mon-fri, hours: '09:00-17:00', tz: Europe/Berlin}}}",
    "  windows: {blink: {allow: {hours: '09:00-09:01'}, span: true}}",
    "  windows: {a: {allow: {hours: '22:00-06:00'}}, b: {deny: {days: sat, sun}}}".replace("sat, sun", "[sat, sun]"),
    "  windows: {maintenance: {span: true}}",
    "  freezes: {peak: {from: 2026-11-26T00:00:00Z, to: 2026-11-30T00:00:00Z}}",
]


def found(policies: str, folder: Path) -> list[str]:
    (folder / "inventory.yaml").write_text(f"{SLOW}policies:\n{policies}\n")
    return [str(finding) for finding in check(load(folder / "inventory.yaml"), catalog(KNOWN), NOW)]


@pytest.mark.parametrize(("policies", "line", "expected"), TABLE)
def test_a_rule_finds_its_case(policies: str, line: int, expected: str, tmp_path: Path) -> None:
    place = f"{tmp_path / 'inventory.yaml'}:{line}: "
    findings = found(policies, tmp_path)
    assert any(each.startswith(place + expected) for each in findings), findings


@pytest.mark.parametrize("policies", QUIET)
def test_what_is_sound_is_not_found(policies: str, tmp_path: Path) -> None:
    assert found(policies, tmp_path) == []


def test_every_timed_rule_has_a_case() -> None:
    assert {rule.name for rule in TIMED_RULES} == {row[2].split()[1].rstrip(":") for row in TABLE}
