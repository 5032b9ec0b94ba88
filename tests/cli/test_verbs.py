"""Every verb: it has help, and refuses what it does not know."""

from __future__ import annotations

import pytest

from console.cli.main import TABLE
from tests.cli.conftest import Interlock


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_verb_has_help_and_refuses_an_unknown_option(interlock: Interlock, name: str) -> None:
    ran = interlock(name, "--help")
    assert ran.code == 0
    assert name in ran.out
    unknown = interlock(name, "--no-such-option")
    assert (unknown.code, unknown.out) == (2, "")
    assert "no-such-option" in unknown.err
