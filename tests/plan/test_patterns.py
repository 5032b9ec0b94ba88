"""Patterns of evidence: those that may run away are refused, the others match whole values."""

from __future__ import annotations

import time

import pytest

from engine.model.pattern import MAX_VALUE, matches, problem_with_pattern


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("[A-Z]+-[0-9]+", "OPS-12", True),
        ("[A-Z]+-[0-9]+", "see OPS-12", False),
        ("[A-Z]+-[0-9]+", "OPS-12\n", False),
        ("(JIRA|OPS)-[0-9]{1,6}", "OPS-1", True),
        ("https?://[a-z.]+/[A-Z]+-[0-9]+", "https://t.example/X-1", True),
        (".+", "x" * (MAX_VALUE + 1), False),
    ],
)
def test_a_pattern_matches_the_whole_value(pattern: str, value: str, expected: bool) -> None:
    assert problem_with_pattern(pattern) is None
    assert matches(pattern, value) is expected


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(a+)+", "repeats a group"),
        ("(aa?)+b", "repeats a group"),
        ("(a|aa)*", "repeats a group"),
        ("((a+))*", "repeats a group"),
        ("(a*){30}", "repeats a group"),
        ("a?" * 20 + "a" * 20, "too many"),
        ("(a|b)" * 20, "too many"),
        (".*.*.*.*.*x", "too many"),
        (r"(a)\1", "refers back"),
        ("(?=a)a", "only plain groups"),
        ("(?i)a", "only plain groups"),
        ("[A-Z", "is not a regular expression"),
        ("x" * 300, "300 characters"),
    ],
)
def test_a_pattern_that_may_run_away_is_refused(pattern: str, said: str) -> None:
    assert said in (problem_with_pattern(pattern) or "")


@pytest.mark.parametrize("pattern", ["a*a*a*a*b", ".*.*.*a?a?a?a?b", "a?" * 16 + "b", "[(+]*[)*]*x"])
def test_what_is_allowed_is_quick_on_the_worst_value(pattern: str) -> None:
    assert problem_with_pattern(pattern) is None
    began = time.perf_counter()
    assert matches(pattern, "a" * MAX_VALUE) is False
    assert time.perf_counter() - began < 2
