"""Many seeds: what is counted, which faults happen, and how a story that fails is shortened."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.plan.estate import Estate
from engine.sim.campaign import campaign, faults_named
from engine.sim.faults import FAULTS, LIKELY
from engine.sim.run import Options, simulate

SEEDS = range(12)
SHORT = (8, 22)  # stories that are soon told


def test_the_shortest_story_fails_too_and_nothing_in_it_can_be_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Estate, "violated", lambda *_: None)
    found = campaign(SEEDS, Options())
    assert found.failed
    assert found.shortest
    assert 0 < len(found.shortest.deeds) < len(found.failed.deeds)
    deeds = tuple(deed.name for deed in found.shortest.deeds)
    again = simulate(found.failed.seed, Options(only=deeds))
    assert again.breaches == found.shortest.breaches
    assert again.trace == found.shortest.trace
    for at in range(len(deeds)):
        assert not simulate(found.failed.seed, Options(only=deeds[:at] + deeds[at + 1 :])).breaches


def test_without_deeds_nothing_moves() -> None:
    report = simulate(3, Options(only=()))
    assert (report.deeds, report.steps, report.breaches) == ((), 0, ())


def test_a_deed_stays_the_same_when_others_are_left_out() -> None:
    every = simulate(3).deeds
    last = [deed for deed in every if deed.name.startswith("fault.")][-1]
    assert [(deed.name, deed.what) for deed in simulate(3, Options(only=(last.name,))).deeds] == [
        (last.name, last.what)
    ]


def test_only_the_faults_that_are_named_happen() -> None:
    report = simulate(2, Options(faults=("link-cut", "disk-full")))
    assert {deed.what for deed in report.deeds if deed.name.startswith("fault.")} == {"link-cut", "disk-full"}
    assert {name for name in report.counts if name.startswith("fault: ")} == {"fault: link-cut", "fault: disk-full"}
    calm = simulate(2, Options(faults=None))
    assert not [deed for deed in calm.deeds if deed.name.startswith("fault.")]
    assert calm.counts["engines started"] == 2  # one, and the one that is started for the rest


def test_names_of_faults() -> None:
    assert faults_named("") == ()
    assert faults_named("none") is None
    assert faults_named("link-cut, disk-full") == ("link-cut", "disk-full")
    with pytest.raises(UsageError, match="did you mean link-cut"):
        faults_named("link-cuts")
    assert set(LIKELY) == set(FAULTS)


def test_findings_add_up() -> None:
    found = campaign(SHORT, Options())
    assert (found.seeds, found.failed) == (2, None)
    assert found.counts["changes"] == sum(simulate(seed).counts["changes"] for seed in SHORT) > 0
