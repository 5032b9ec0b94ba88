"""What must hold whatever happens to an outage: failures, pauses, aborts and lost outcomes, in any
phase, over any knot of services."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from engine.errors import RequestRefused
from engine.model.change import FINAL, Change, MoveState, Status
from engine.model.request import Abort, Pause, Resume
from engine.model.service import Amount, RolloutPolicy
from engine.model.snapshot import Execute
from engine.plan.estate import Estate
from engine.plan.requests import judge
from engine.plan.sequencing.sequence import order
from tests.builders import World, service, world
from tests.plan.outages import allowing, together
from tests.plan.test_properties import compatible, may_run
from tests.plan.test_properties import play as play_out
from tests.trying import trying

SURE = (MoveState.DONE,)
MIXED = (*[MoveState.DONE] * 9, MoveState.REVERTED, MoveState.UNCONFIRMED, MoveState.FAILED)


TIGHT = (("<2", "<2"), (">=2", ">=2"))  # every version wants its own generation
CONTRACTS = (TIGHT, TIGHT, TIGHT[:1], TIGHT[1:], ((">=1", ""),))


@st.composite
def knots(draw: st.DrawFn) -> World:
    """Two to six services whose 1.0 fit together and whose 2.0 do, in lockstep for the most part:
    pairs, chains, rings, and bystanders; on hosts of their own or all on the same three."""
    names = "abcdef"[: draw(st.integers(2, 6))]
    hosts = draw(st.sampled_from((["h1", "h2", "h3"], None)))
    made = []
    for name in names:
        others = [other for other in names if other != name]
        providers = draw(st.lists(st.sampled_from(others), max_size=2, unique=True))
        if name == "a":
            providers = [other for other in providers if other != "b"]
        needs = [(other, *need) for other in providers for need in draw(st.sampled_from(CONTRACTS))]
        needs += [("b", *need) for need in TIGHT] if name == "a" else []
        parallel = RolloutPolicy(max_parallel=Amount(draw(st.integers(1, 2))))
        made.append(service(name, *needs, hosts=hosts, rollout=parallel))
    return allowing(world(*made))


def goals_of(made: World, data: st.DataObject) -> dict[str, str]:
    """Everything goes to 2.0, or all but a few that do not mind: a lockstep in any case."""
    names = sorted(made.inventory.services)
    staying = data.draw(st.sets(st.sampled_from(names), max_size=2))
    for left in (staying, set[str]()):
        goals = {name: "2.0" for name in names if name not in left}
        fits = compatible(made, {name: {goals.get(name, "1.0")} for name in names})
        if fits and order(Estate(made.snapshot), "prod", goals).locksteps:
            return goals
    raise AssertionError("the first two go in lockstep")


def check(made: World, flying: list[Execute]) -> None:
    assert compatible(made, may_run(made)), "a version runs beside one that refuses it"
    hosts = [act.placement.host for act in flying]
    assert len(hosts) == len(set(hosts)), "two steps on a host"
    heard = {wait.change for wait in made.plan().waits} | {act.change for act in flying}
    for change in made.state.unfinished():
        assert change.id in heard, f"change {change.id} neither acts nor waits"


def meddle(made: World, change: Change, chance: random.Random) -> None:
    """Somebody pauses, resumes or aborts it."""
    asked = chance.choice((Pause, Resume, Abort))("ana", change.id)
    try:
        events, _ = judge(made.snapshot, asked)
    except RequestRefused:
        return
    made.record(*events)


def play(
    made: World, change: Change, chance: random.Random, outcomes: tuple[MoveState, ...], meddling: float
) -> Change:
    """Let steps end in a random order with random outcomes, until the change is over."""
    flying: list[Execute] = []
    for _ in range(600):
        if chance.random() < meddling:
            meddle(made, change, chance)
        flying += made.settle()
        check(made, flying)
        now = made.change(change)
        if now.status in FINAL and not flying:
            return now
        if not flying:
            if now.paused_by:
                made.record(*judge(made.snapshot, Resume("ana", change.id))[0])
            made.elapsed_s += 31  # the pause before another try
            continue
        act = flying.pop(chance.randrange(len(flying)))
        made.elapsed_s += 1
        made.finish(act, _outcome(act, chance.choice(outcomes)), "planted")
    raise AssertionError("it never ends")


def _outcome(act: Execute, drawn: MoveState) -> MoveState:
    """A stop is not judged: it is done, cannot be done, or nobody knows."""
    return MoveState.FAILED if act.goal is None and drawn is MoveState.REVERTED else drawn


@trying(30)
@given(knots(), st.data(), st.integers(0, 2**32))
def test_a_lockstep_of_any_size_arrives_if_nothing_fails_and_what_it_ends_with_fits(
    made: World, data: st.DataObject, seed: int
) -> None:
    goals = goals_of(made, data)
    done = play(made, together(made, **goals), random.Random(seed), SURE, 0.0)
    assert done.status is Status.SUCCEEDED
    assert may_run(made) == {name: {goals.get(name, "1.0")} for name in made.inventory.services}


@trying(50)
@given(knots(), st.data(), st.integers(0, 2**32))
def test_whatever_fails_and_whoever_meddles_all_of_it_arrives_or_all_of_it_goes_back(
    made: World, data: st.DataObject, seed: int
) -> None:
    goals = goals_of(made, data)
    done = play(made, together(made, **goals), random.Random(seed), MIXED, 0.05)
    for group in {item.outage.members for item in done.items if item.outage}:
        statuses = {done.item(name).status for name in group}
        if Status.FAILED in statuses:
            continue  # something could not be put back, and says so
        assert len(statuses) == 1, "some of it arrived and some did not"
        version = "2.0" if statuses == {Status.SUCCEEDED} else "1.0"
        assert {name: may_run(made)[name] for name in group} == {name: {version} for name in group}


@trying(20)
@given(knots(), st.data(), st.integers(0, 2**32))
def test_a_lockstep_never_starts_by_itself(made: World, data: st.DataObject, seed: int) -> None:
    """Without the flag nothing of it begins, whatever else of the same change does."""
    goals = goals_of(made, data)
    caught = {name for group, _ in order(Estate(made.snapshot), "prod", goals).locksteps for name in group}
    change = made.deploy(**goals)
    play_out(made, random.Random(seed))
    assert not [name for name in caught if made.change(change).item(name).started]
    assert {name: may_run(made)[name] for name in caught} == {name: {"1.0"} for name in caught}
