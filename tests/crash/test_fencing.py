"""A stale engine, stopped and then continued, changes nothing on hosts that obey its successor."""

from __future__ import annotations

import pytest

from engine.model.observation import Claim
from engine.sim import verbs
from engine.sim.fencing import fencing_round


@pytest.mark.parametrize("seed", [1, 2])
def test_a_stale_engine_is_refused_by_every_host(seed: int) -> None:
    found = fencing_round(seed)
    assert found.stale == ()
    assert found.breaches == ()
    assert found.tried == found.refused > 0


def test_hosts_that_obey_anybody_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verbs, "_fenced", lambda *_: ())
    assert fencing_round(1).stale


def test_hosts_that_may_be_claimed_again_by_the_older_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def beats(wanted: Claim, held: Claim, *, take_over: bool) -> bool:
        return wanted != held or take_over

    monkeypatch.setattr(verbs, "_beats", beats)
    assert fencing_round(1).stale
