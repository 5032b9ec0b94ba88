"""What must hold whatever the estate: properties named after what they keep safe.

Estates are small (at most seven services, two versions each, random needs in any direction,
cycles included), so that every order can be tried by brute force.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from engine.model.change import FINAL, MoveState, Status
from engine.model.names import InstanceId
from engine.model.service import Amount, RolloutPolicy, Service
from engine.model.snapshot import Execute
from engine.model.wait import Reason
from engine.plan.estate import Estate
from engine.plan.planner import plan
from tests.builders import World, service, world
from tests.trying import trying

NAMES = ("a", "b", "c", "d", "e", "f", "g")
NEEDS = (
    *[(version, when) for version in ("", ">=1", "<2", ">=1,<3") for when in ("", "", "<2", ">=2")],
    (">=2", ">=2"),
)
BROKEN = (">=2", ""), (">=2", "<2")  # what a 1.0 beside a 1.0 does not satisfy


@st.composite
def estates(draw: st.DrawFn, shared_hosts: bool = False, broken: bool = False) -> list[Service]:
    """Up to seven services with random needs among them, all well as they run at 1.0; or, ``broken``,
    some not, the first of them for certain."""
    known = st.sampled_from((*NEEDS, *BROKEN) if broken else NEEDS)
    names = NAMES[: draw(st.integers(2, 7))]
    made = []
    for name in names:
        others = [other for other in names if other != name]
        needs = [
            (other, *need) for other, need in draw(st.lists(st.tuples(st.sampled_from(others), known), max_size=3))
        ]
        if broken and name == names[0]:
            needs.append((draw(st.sampled_from(others)), *draw(st.sampled_from(BROKEN))))
        hosts = ["h1", "h2", "h3"] if shared_hosts else None
        parallel = RolloutPolicy(max_parallel=Amount(draw(st.integers(1, 2))))
        made.append(service(name, *needs, hosts=hosts, rollout=parallel))
    return made


SEEDS = st.integers(0, 2**32)
Check = Callable[[World, list[Execute]], None]


def compatible(made: World, versions: dict[str, set[str]]) -> bool:
    """Whether every version of every consumer may run beside every version of its providers."""
    estate = Estate(made.snapshot)
    return not any(
        estate.violated(consumer, mine, provider, theirs)
        for consumer in versions
        for provider in estate.providers(consumer)
        for mine in versions[consumer]
        for theirs in versions[provider]
    )


def a_safe_order_exists(made: World, goals: dict[str, str]) -> bool:
    """Try all orders of whole moves; while one moves, both its versions run. What is broken
    before imposes no order; nothing else may break, and no move may end where the goals clash."""
    start = dict.fromkeys(made.inventory.services, "1.0")
    estate = Estate(made.snapshot)
    pairs = [(u, v) for u in start for v in estate.providers(u)]

    def fits(u: str, v: str, now: dict[str, str]) -> bool:
        return estate.violated(u, now[u], v, now[v]) is None

    def may_move(name: str, now: dict[str, str]) -> bool:
        """Whether nothing that is well now breaks while ``name`` moves, mixed states included."""
        then = now | {name: goals[name]}
        return all(fits(u, v, then) for u, v in pairs if name in (u, v) and fits(u, v, now))

    if not all(fits(u, v, start | goals) for u, v in pairs if {u, v} & set(goals)):
        return False
    dead: set[frozenset[str]] = set()

    def search(done: frozenset[str]) -> bool:
        """Every order that begins with ``done`` (their order makes no difference any more)."""
        if len(done) == len(goals):
            return True
        if done in dead:
            return False
        now = start | {name: goals[name] for name in done}
        found = any(may_move(name, now) and search(done | {name}) for name in goals if name not in done)
        if not found:
            dead.add(done)
        return found

    return search(frozenset())


def may_run(made: World) -> dict[str, set[str]]:
    estate = Estate(made.snapshot)
    return {name: set(estate.may_run(InstanceId(name, "prod"))) for name in made.inventory.services}


def play(made: World, chance: random.Random, check: object = None, outcomes: tuple[MoveState, ...] = ()) -> None:
    """Let steps end in a random order (and with random outcomes), until nothing moves."""
    flying: list[Execute] = []
    for _ in range(400):
        flying += made.settle()
        if callable(check):
            check(made, flying)
        if not flying:
            return
        act = flying.pop(chance.randrange(len(flying)))
        made.elapsed_s += 1
        made.finish(act, chance.choice(outcomes) if outcomes else MoveState.DONE, "planted")
    raise AssertionError("it never ends")


@trying(130)
@given(estates(), st.data())
def test_the_order_found_is_safe_and_a_lockstep_is_reported_exactly_when_no_order_exists(
    services: list[Service], data: st.DataObject
) -> None:
    made = world(*services)
    assert compatible(made, {each.name: {"1.0"} for each in services})
    chosen = data.draw(st.sets(st.sampled_from([each.name for each in services]), min_size=1))
    goals = dict.fromkeys(chosen, "2.0")
    change = made.deploy(**goals)

    def check(now: World, flying: list[Execute]) -> None:
        assert compatible(now, may_run(now)), "a version runs beside one that refuses it"

    play(made, random.Random(1), check)
    done = made.change(change).status is Status.SUCCEEDED
    assert done == a_safe_order_exists(made, goals)
    if not done:
        reasons = {wait.reason for wait in made.plan().waits if wait.change == change.id}
        assert reasons & {Reason.LOCKSTEP, Reason.DEPENDENCY_VERSION}


def violations(made: World) -> set[tuple[str, str]]:
    """The dependencies that some versions which may run together break."""
    versions = may_run(made)
    estate = Estate(made.snapshot)
    return {
        (u, v)
        for u in versions
        for v in estate.providers(u)
        if any(estate.violated(u, mine, v, theirs) for mine in versions[u] for theirs in versions[v])
    }


@trying(60)
@given(estates(broken=True), st.data(), st.integers(0, 2**32))
def test_what_is_broken_before_can_be_mended_and_nothing_else_breaks_on_the_way(
    services: list[Service], data: st.DataObject, seed: int
) -> None:
    made = world(*services)
    assert violations(made)
    chosen = data.draw(st.sets(st.sampled_from([each.name for each in services]), min_size=1))
    goals = dict.fromkeys(chosen, "2.0")
    change = made.deploy(**goals)
    broken = violations(made)

    def check(now: World, flying: list[Execute]) -> None:
        nonlocal broken
        assert violations(now) <= broken, "a dependency that was satisfied became violated"
        broken = violations(now)

    play(made, random.Random(seed), check)
    done = made.change(change).status is Status.SUCCEEDED
    assert done == a_safe_order_exists(made, goals)


def compete(services: list[Service], data: st.DataObject, seed: int, check: Check) -> World:
    """Three changes of random services compete, steps fail at random, and ``check`` looks at every state
    on the way; the world when nothing moves any more."""
    made = world(*services)
    names = st.sets(st.sampled_from([each.name for each in services]), min_size=1)
    for version in ("2.0", "1.1", "3.0"):
        made.deploy(**dict.fromkeys(data.draw(names), version))
    outcomes = (MoveState.DONE, MoveState.DONE, MoveState.DONE, MoveState.REVERTED, MoveState.UNCONFIRMED)
    play(made, random.Random(seed), check, outcomes)
    return made


@trying(40)
@given(estates(shared_hosts=True), st.data(), SEEDS)
def test_dependency_constraints_hold_in_every_reachable_mixed_version_state(
    services: list[Service], data: st.DataObject, seed: int
) -> None:
    def check(now: World, flying: list[Execute]) -> None:
        assert compatible(now, may_run(now))

    compete(services, data, seed, check)


@trying(25)
@given(estates(shared_hosts=True), st.data(), SEEDS)
def test_one_placement_at_a_time_on_a_host_and_never_more_unavailable_than_the_budget(
    services: list[Service], data: st.DataObject, seed: int
) -> None:
    def check(now: World, flying: list[Execute]) -> None:
        assert max(Counter(act.placement.host for act in flying).values(), default=0) <= 1
        estate = Estate(now.snapshot)
        for each in now.inventory.services.values():
            placements = now.inventory.placements(InstanceId(each.name, "prod"))
            unavailable = sum(not estate.available(p) for p in placements)
            assert unavailable <= each.rollout.max_parallel.of(len(placements))

    compete(services, data, seed, check)


@trying(15)
@given(estates(shared_hosts=True), st.data(), SEEDS)
def test_plan_is_deterministic(services: list[Service], data: st.DataObject, seed: int) -> None:
    def check(now: World, flying: list[Execute]) -> None:
        assert plan(now.snapshot) == plan(now.snapshot)

    compete(services, data, seed, check)


@trying(25)
@given(estates(shared_hosts=True), st.data(), SEEDS)
def test_every_unfinished_thing_acts_or_waits_with_a_reason(
    services: list[Service], data: st.DataObject, seed: int
) -> None:
    def check(now: World, flying: list[Execute]) -> None:
        waits = now.plan().waits
        assert all(wait.reason and wait.message for wait in waits)
        heard = {wait.change for wait in waits} | {act.change for act in flying}
        assert {change.id for change in now.state.unfinished()} <= heard

    made = compete(services, data, seed, check)
    for change in made.state.changes.values():
        if change.status in FINAL:
            assert not any(move.state is MoveState.MOVING for item in change.items for move in item.moves.values())
