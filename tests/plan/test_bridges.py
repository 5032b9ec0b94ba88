"""Bridges, first as stories, then against a search that leaves nothing out."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import RequestRefused
from engine.model.names import InstanceId
from engine.model.request import Deploy
from engine.model.service import Service
from engine.plan.estate import Estate
from engine.plan.preview import preview
from engine.plan.requests import judge
from engine.plan.sequencing import crossing
from engine.plan.sequencing.bridge import bridge, look_for_bridge
from engine.plan.sequencing.sequence import order
from tests.builders import World, catalog, service, world
from tests.trying import trying

VERSIONS = ("1.0", "1.1", "1.2", "2.0")
FITTING = st.sampled_from(  # (version, when) that a 1.0 beside a 1.0 satisfies
    [
        ("", ""), ("!=1.1", ""), ("<2", "<1.1"), ("<2", "==1.2"), (">=1,<2", "<2"), (">=1.1", ">=1.1"),
        (">=1.2", ">=2"), (">=2", "==1.2"), (">=2", "==1.1"), ("<1.2", "==1.1"), ("<1.2", "==1.2"), (">=2", ">=2"),
    ]
)  # fmt: skip


def knot() -> World:
    """checkout 1 refuses ledger 2, checkout 2 refuses ledger 1, checkout 1.2 takes both."""
    needs = (("ledger", "<2", "<1.2"), ("ledger", ">=1,<3", ">=1.2,<2"), ("ledger", ">=2", ">=2"))
    return world(service("checkout", *needs), service("ledger"))


def hops(made: World, **goals: str) -> list[tuple[str, str | None, str]]:
    return [(leg.service, leg.origin, leg.goal) for leg in bridge(Estate(made.snapshot), "prod", goals)]


def test_a_lockstep_is_bridged_by_one_step_of_either_side() -> None:
    assert hops(knot(), checkout="2.0", ledger="2.0") == [
        ("checkout", "1.0", "1.2"),
        ("ledger", "1.0", "2.0"),
        ("checkout", "1.2", "2.0"),
    ]


def test_without_a_lockstep_there_is_nothing_to_bridge() -> None:
    assert hops(knot(), checkout="1.2", ledger="2.0") == []


def test_what_no_version_bridges_is_said_to_have_no_bridge() -> None:
    made = world(service("checkout", ("ledger", "<2", "<2"), ("ledger", ">=2", ">=2")), service("ledger"))
    assert hops(made, checkout="2.0", ledger="2.0") == []


def test_a_version_without_a_sum_is_no_bridge() -> None:
    made = knot()
    known = {name: dict(versions) for name, versions in made.catalog.by_service.items()}
    known["checkout"]["1.2"] = replace(known["checkout"]["1.2"], sha256="")
    made.catalog = replace(made.catalog, by_service=known)
    assert hops(made, checkout="2.0", ledger="2.0") == []


def test_a_listed_version_is_proposed_when_no_artifact_would_do() -> None:
    made = knot()
    listed = replace(made.inventory.services["checkout"], known_versions=("1.2",))
    made.inventory = replace(made.inventory, services={**made.inventory.services, "checkout": listed})
    made.catalog = catalog(made.inventory, ("1.0", "2.0"))
    assert hops(made, checkout="2.0", ledger="2.0")[0] == ("checkout", "1.0", "1.2")


def test_the_bridge_nearest_to_the_way_is_preferred() -> None:
    needs = (("ledger", "<2", "<1.1"), ("ledger", ">=2", ">=2,<3"))  # 1.1, 1.2 and 3.0 on take any ledger
    made = world(service("checkout", *needs), service("ledger"))
    assert hops(made, checkout="2.0", ledger="2.0")[0] == ("checkout", "1.0", "1.2")


def test_services_that_stay_are_respected_on_the_way() -> None:
    made = world(
        service("checkout", ("ledger", "<2", "<1.1"), ("ledger", ">=2", ">=2")),
        service("ledger"),
        service("mail", ("checkout", "!=1.2")),
    )
    assert hops(made, checkout="2.0", ledger="2.0")[0] == ("checkout", "1.0", "1.1")


@st.composite
def knotted(draw: st.DrawFn, fewest: int = 2, most: int = 4) -> list[Service]:
    """Services (up to four, unless told) with random needs among them, well as they run at 1.0. a at
    2.0 refuses b at 1.0 and the other way round, and here and there versions in between mind neither."""
    names = "abcdefg"[: draw(st.integers(fewest, most))]
    until, since = draw(st.sampled_from(["<2", "<1.2", "<1.1"])), draw(st.sampled_from([">=2", ">=1.2", ">=1.1"]))
    made = []
    for name in names:
        others = st.sampled_from([other for other in names if other != name])
        needs = [(other, *need) for other, need in draw(st.lists(st.tuples(others, FITTING), max_size=3))]
        if name == "a":
            needs += [
                ("b", draw(st.sampled_from(["<2", "<1.2"])), until),
                ("b", draw(st.sampled_from([">=2", ">=1.2"])), since),
            ]
        made.append(service(name, *needs))
    return made


def brute_force(made: World, goals: dict[str, str], most: int = 2) -> int | None:
    """The fewest versions in between over every order and every known version; None beyond ``most``."""
    estate = Estate(made.snapshot)
    names = sorted(made.inventory.services)

    def fits(versions: dict[str, set[str]]) -> bool:
        return not any(
            estate.violated(consumer, mine, provider, theirs)
            for consumer in names
            for provider in estate.providers(consumer)
            for mine in versions[consumer]
            for theirs in versions[provider]
        )

    start = tuple("1.0" for _ in names)
    best = {start: 0}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        now = dict(zip(names, state, strict=True))
        for name, goal in goals.items():
            for version in VERSIONS if now[name] != goal else ():
                used = best[state] + (version != goal)
                then = tuple(version if each == name else now[each] for each in names)
                mixed = {each: {now[each], version} if each == name else {now[each]} for each in names}
                if version != now[name] and used <= most and used < best.get(then, most + 1) and fits(mixed):
                    best[then] = used
                    queue.append(then)
    return best.get(tuple(goals.get(name, "1.0") for name in names))


@trying(80)
@given(knotted(), st.data())
def test_bridges_are_found_whenever_there_are_any_and_none_is_longer_than_it_must_be(
    services: list[Service], data: st.DataObject
) -> None:
    made = world(*services)
    made.catalog = catalog(made.inventory, VERSIONS)
    estate = Estate(made.snapshot)
    names = [each.name for each in services]
    goals = {name: data.draw(st.sampled_from(VERSIONS[1:])) for name in data.draw(st.sets(st.sampled_from(names)))}
    goals |= {"a": "2.0", "b": "2.0"}
    assert order(estate, "prod", goals).locksteps
    found = bridge(estate, "prod", goals)
    now = {name: {version} for name in names for version in estate.may_run(InstanceId(name, "prod"))}
    for leg in found:
        now[leg.service].add(leg.goal)
        for u in names:
            for v in estate.providers(u):
                assert not any(estate.violated(u, mine, v, theirs) for mine in now[u] for theirs in now[v])
        now[leg.service] = {leg.goal}
    joined = {name: goal for name, goal in goals.items() if name in {leg.service for leg in found}} or goals
    between = sum(leg.goal != goals[leg.service] for leg in found) if found else None
    assert between == brute_force(made, joined)


@st.composite
def tight(draw: st.DrawFn) -> list[Service]:
    """Five to seven services in one chain of needs, each of which wants its own generation, with a
    version here and there that gets on with both."""
    names = "abcdefg"[: draw(st.integers(5, 7))]
    made = [service(names[0])]
    for below, name in itertools.pairwise(names):
        bridges = draw(st.booleans())
        old = (below, "<2", "<1.2") if bridges else (below, "<2", "<2")
        made.append(service(name, old, (below, ">=2", ">=2")))
    return made


@trying(12)
@given(tight())
def test_up_to_seven_services_are_bridged_whenever_one_step_of_either_side_would_do(services: list[Service]) -> None:
    made = world(*services)
    made.catalog = catalog(made.inventory, VERSIONS)
    goals = {each.name: "2.0" for each in services}
    found = look_for_bridge(Estate(made.snapshot), "prod", goals)
    fewest = brute_force(made, goals, most=1)
    if fewest is not None:
        assert sum(leg.goal != "2.0" for leg in found.legs) == fewest
    assert found.legs or brute_force(made, goals) is None or found.gave_up


def test_a_search_that_gave_up_says_so_instead_of_saying_there_is_no_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossing, "MAX_STATES", 1)
    crossing.cross.cache_clear()
    made = knot()
    wanted = Deploy("ana", "prod", {"checkout": "2.0", "ledger": "2.0"}, accept_bridge=True)
    assert preview(made.snapshot, replace(wanted, accept_bridge=False)).bridge_given_up
    with pytest.raises(RequestRefused, match="the search was given up: there may be one"):
        judge(made.snapshot, wanted)
    crossing.cross.cache_clear()
