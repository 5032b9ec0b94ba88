"""What later versions bring is refused by name, not as a typing error."""

from __future__ import annotations

import pytest

from console.cli.grammar import NOT_YET_OPTIONS, NOT_YET_VERBS
from console.cli.main import TABLE
from tests.cli.conftest import Interlock


@pytest.mark.parametrize("name", sorted(NOT_YET_VERBS))
def test_verbs(interlock: Interlock, name: str) -> None:
    ran = interlock(name, "x", "--reason", "y")
    assert (ran.code, ran.out) == (2, "")
    assert f"{name} is not supported yet" in ran.err
    assert name not in TABLE


@pytest.mark.parametrize(("name", "option"), [(n, o) for n, options in NOT_YET_OPTIONS.items() for o in options])
def test_options(interlock: Interlock, name: str, option: str) -> None:
    ran = interlock(name, "x=1", option, "y")
    assert (ran.code, ran.out) == (2, "")
    assert f"{name} {option} is not supported yet" in ran.err


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_verb_has_help_and_refuses_an_unknown_option(interlock: Interlock, name: str) -> None:
    ran = interlock(name, "--help")
    assert ran.code == 0
    assert name in ran.out
    unknown = interlock(name, "--no-such-option")
    assert (unknown.code, unknown.out) == (2, "")
    assert "no-such-option" in unknown.err
