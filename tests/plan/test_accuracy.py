"""Forecasts are measured: forty changes over the sample organization, with windows, a freeze, soak
times and limits, played to the end by the real planner (tests/plan/organization.py).

An error is a part of the time from the forecast to the event, as ``forecast --accuracy`` has it.
Two seeds are played here, one queued while the window is shut and one while it is open; ``make
bench`` plays ten and shows each.
"""

from __future__ import annotations

import pytest

from engine.plan.forecast import forecast
from tests.plan.organization import Organization, measured


@pytest.mark.parametrize("seed", [3, 4])
def test_what_takes_as_long_as_was_foreseen_starts_and_ends_when_it_was_foreseen(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the second, every start and every end, in their order; and what nobody can date does not
    happen. Whatever the forecast leaves out, or plays in another order, shows here."""
    monkeypatch.setattr("engine.plan.durations.SPREAD", 0.0)  # nothing scatters, and that is known too
    organization = Organization(seed, is_known=True)
    organization.queue()
    found = forecast(organization.made.snapshot)
    organization.play()
    changes = organization.made.state.changes
    assert sum(foreseen.end is not None for foreseen in found.changes) >= 25
    for foreseen in found.changes:
        came = changes[foreseen.change]
        for told, real in ((foreseen.start, came.started), (foreseen.end, came.finished)):
            assert (told is None) == (real is None), (seed, foreseen, came.status)
            assert told is None or real is None or abs((told - real).total_seconds()) < 1, (seed, foreseen, real)


@pytest.mark.parametrize("seed", [1, 2])
def test_starts_and_ends_are_foreseen_within_a_tenth_and_the_p90_covers_them(seed: int) -> None:
    found = measured(seed)
    assert min(found.starts, found.ends) >= 25
    assert found.start_error is not None
    assert found.start_error <= 0.10
    assert found.end_error is not None
    assert found.end_error <= 0.10
    assert found.covered is not None
    assert found.covered >= 0.80
