"""The table of docs/reliability.md: what guards what was found is there, and a new table replaces the old."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof import __main__ as proof
from tests.proof.__main__ import BEGIN, DOCUMENT, END, SUITES, written
from tests.proof.parts import NAMED_FIRST, Line
from tests.proof.record import FOUND, LEFT
from tests.proof.test_mutants import EVERY

ROOT = Path(__file__).parent.parent.parent
OF_ITS_OWN = {
    "Seeded simulation",
    "Crash at every step",
    "Stale engines, simulated",
    "Stale engines, embedded fleet",
    "Planted bugs",
}


def test_what_guards_what_was_found_is_there() -> None:
    assert not [each.guard for found in FOUND.values() for each in found if not (ROOT / each.guard).is_file()]
    assert {*FOUND, *LEFT} <= OF_ITS_OWN | set(SUITES)


def test_the_bugs_of_a_cut_are_there() -> None:
    assert set(NAMED_FIRST) <= {mutant.name for mutant in EVERY}


def test_a_new_table_stands_where_the_old_one_stood() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    once = written(document, [Line("Planted bugs", "3 bugs")])
    assert once.count(BEGIN) == once.count(END) == 1
    assert "| Planted bugs | 3 bugs | a new engine" in once
    assert written(once, [Line("Planted bugs", "3 bugs")]) == once
    assert once.partition(END)[2] == document.partition(END)[2]


def test_what_did_not_hold_ends_with_1_and_changes_no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    before = DOCUMENT.read_text(encoding="utf-8")
    monkeypatch.setattr(proof, "chosen_parts", lambda arguments: [lambda: Line("Planted bugs", "1 bug", "it survived")])
    assert proof.main([]) == 1
    assert DOCUMENT.read_text(encoding="utf-8") == before
