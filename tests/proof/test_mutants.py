"""The planted bugs can be planted: each text stands exactly once in its file, and each selection of tests names
files that exist. Whether they are noticed is what ``make mutants`` tells."""

from __future__ import annotations

import shlex
from pathlib import Path

from tests.proof.mutants import AREAS

ROOT = Path(__file__).parent.parent.parent
EVERY = [mutant for mutants in AREAS.values() for mutant in mutants]


def test_every_bug_can_still_be_planted() -> None:
    assert not [fault for mutant in EVERY if (fault := mutant.fault(ROOT))]


def test_each_area_has_at_least_five_and_no_name_is_there_twice() -> None:
    assert {area: len(mutants) for area, mutants in AREAS.items() if len(mutants) < 5} == {}
    assert len({mutant.name for mutant in EVERY}) == len(EVERY)


def test_the_tests_that_have_to_notice_are_there() -> None:
    named = {word for mutant in EVERY for word in shlex.split(mutant.tests) if word.startswith("tests/")}
    assert not [path for path in sorted(named) if not (ROOT / path).exists()]


def test_planting_and_weeding_leave_the_file_as_it_was(tmp_path: Path) -> None:
    mutant = EVERY[0]
    file = tmp_path / mutant.file
    file.parent.mkdir(parents=True)
    file.write_text((ROOT / mutant.file).read_text())
    before = mutant.plant(tmp_path)
    assert file.read_text() != before
    assert mutant.fault(tmp_path)
    mutant.weed(tmp_path, before)
    assert file.read_text() == (ROOT / mutant.file).read_text()
