"""How much an environment and its failure domains may lose at once, over all rollouts."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.change import MoveState, Status
from engine.model.inventory import Domain, Inventory, Limits
from engine.model.names import PlacementId
from engine.model.observation import Health
from engine.model.service import Amount, RolloutPolicy
from engine.model.snapshot import Execute
from engine.model.wait import Reason, Wait
from tests.builders import World, down, seen, service, up, world
from tests.plan.reading import reasons

TREE = {"eu": None, "eu-a": "eu", "eu-b": "eu", "rack-1": "eu-a", "rack-2": "eu-b"}


def placed(made: World, domains: Mapping[str, str]) -> World:
    """The hosts stand in these domains of ``TREE``."""
    hosts = {name: replace(host, domain=domains.get(name, "eu")) for name, host in made.inventory.hosts.items()}
    tree = {name: Domain(name, parent) for name, parent in TREE.items()}
    made.inventory = replace(made.inventory, hosts=hosts, domains=tree)
    return made


def waits_of(made: World) -> list[Wait]:
    return [wait for wait in made.plan().waits if wait.reason in (Reason.BLAST_RADIUS, Reason.FAILURE_DOMAIN_BUSY)]


def services_of(acts: Iterable[Execute]) -> list[str]:
    return sorted(act.placement.service for act in acts)


def test_the_environments_budget_is_shared_by_all_rollouts() -> None:
    made = world(*(service(name) for name in "abcde"), limits=Limits(unavailable=Amount(20, percent=True)))
    for name in "abc":
        made.deploy(**{name: "2.0"})
    acts = made.settle()
    assert services_of(acts) == ["a", "b"]
    (wait,) = waits_of(made)
    assert wait.reason is Reason.BLAST_RADIUS
    assert wait.owner == "policies.limits.unavailable"
    assert wait.message == (
        "c@prod/c-1 would be one more than the 2 unavailable in prod (a, b moving): at most 20% of 10 (2) may be"
    )
    for act in acts:
        made.finish(act)
    made.run()
    assert all(change.status is Status.SUCCEEDED for change in made.state.changes.values())


def test_what_is_broken_spends_the_budget_and_may_itself_be_mended() -> None:
    made = world(service("a"), service("b"), limits=Limits(unavailable=Amount(1)))
    made.record(seen(PlacementId("b", "prod", "b-1"), "1.0", Health.FAILING))
    made.deploy(a="2.0")
    assert made.settle() == []
    (wait,) = waits_of(made)
    assert "b@prod/b-1 not healthy" in wait.message
    assert wait.unblock == "mend b@prod/b-1 (interlock why b@prod)"
    made.deploy(b="2.0")
    assert [(act.placement.service, act.placement.host) for act in made.settle()] == [("b", "b-1")]


def test_an_unreachable_host_counts_as_lost() -> None:
    made = world(service("a"), service("b"), limits=Limits(unavailable=Amount(1)))
    down(made, "b-1")
    made.deploy(a="2.0")
    assert made.settle() == []
    assert reasons(made) == {Reason.BLAST_RADIUS}
    up(made, "b-1")
    assert services_of(made.settle()) == ["a"]


def test_what_was_never_installed_has_nothing_to_lose() -> None:
    made = world(service("a"), service("new"), limits=Limits(unavailable=Amount(1)))
    for host in ("new-1", "new-2"):
        made.record(seen(PlacementId("new", "prod", host), None))
    made.state = replace(made.state, instances={k: v for k, v in made.state.instances.items() if k.service != "new"})
    made.deploy(a="2.0", new="2.0")
    assert services_of(made.settle()) == ["a", "new"]


def test_a_domain_that_another_rollout_is_in_may_not_lose_more() -> None:
    made = world(service("a", hosts=["h1"]), service("b", hosts=["h2"]), service("c", hosts=["h3"]))
    placed(made, {"h1": "rack-1", "h2": "eu-a", "h3": "rack-2"})
    made.inventory = replace(made.inventory, limits=Limits(unavailable_per_domain=Amount(1)))
    for name in "abc":
        made.deploy(**{name: "2.0"})
    (act,) = made.settle()
    assert act.placement.service == "a"
    messages = {wait.subject: wait.message for wait in waits_of(made) if wait.reason is Reason.FAILURE_DOMAIN_BUSY}
    assert messages["b@prod"].startswith("a moves in domain eu")
    assert services_of([act, *made.finish(act).run()]) == ["a", "b", "c"]


def test_a_percentage_counts_each_domains_own_part() -> None:
    hosts = [f"h{n}" for n in range(8)]
    made = world(service("web", hosts=hosts, rollout=RolloutPolicy(max_parallel=Amount(8))))
    placed(made, {host: "eu-a" if n < 6 else "eu-b" for n, host in enumerate(hosts)})
    made.inventory = replace(made.inventory, limits=Limits(unavailable_per_domain=Amount(34, percent=True)))
    made.deploy(web="2.0")
    assert [act.placement.host for act in made.settle()] == ["h0", "h1"]  # 34% of eu's 8, and of eu-a's 6
    (wait,) = waits_of(made)
    assert wait.owner == "policies.limits.unavailable_per_domain"


def test_a_rollout_that_could_move_nothing_does_not_start() -> None:
    made = world(service("a"), service("b", ("c", "")), service("c"), limits=Limits(unavailable=Amount(1)))
    made.deploy(a="2.0")
    made.settle()
    held = made.deploy(b="2.0")
    made.settle()
    assert made.change(held).status is Status.WAITING


BUDGETS = st.one_of(st.none(), st.integers(1, 3).map(Amount), st.integers(5, 60).map(lambda n: Amount(n, percent=True)))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to six services on shared and own hosts in nested domains, with random budgets."""
    hosts = [f"h{n}" for n in range(draw(st.integers(2, 6)))]
    made = world(
        *(
            service(
                name,
                hosts=draw(st.lists(st.sampled_from(hosts), min_size=1, max_size=4, unique=True)),
                rollout=RolloutPolicy(max_parallel=Amount(draw(st.integers(1, 4)))),
            )
            for name in "abcdef"[: draw(st.integers(2, 6))]
        ),
        limits=Limits(unavailable=draw(BUDGETS), unavailable_per_domain=draw(BUDGETS)),
    )
    return placed(made, {host: draw(st.sampled_from(sorted(TREE))) for host in hosts})


def inside(inventory: Inventory, host: str, domain: str | None) -> bool:
    """Whether a host stands in a domain (None: anywhere), by walking the tree."""
    here: str | None = inventory.hosts[host].domain
    while here is not None and here != domain:
        here = inventory.domains[here].parent
    return domain is None or here == domain


def lost_and_allowed(made: World) -> dict[str | None, tuple[int, int]]:
    """For the environment and each domain: how many are unavailable, and how many may be."""
    limits, flying = made.inventory.limits, {(i.service, m.host) for _, i, m in made.state.moves_in_flight()}
    found = {}
    for domain, amount in [(None, limits.unavailable), *((name, limits.unavailable_per_domain) for name in TREE)]:
        here = [p for p in made.state.sightings if inside(made.inventory, p.host, domain)]
        ill = [
            p
            for p in here
            if (p.service, p.host) in flying or made.state.sightings[p].health is not Health.PASSING
            or made.state.hosts[p.host].reach.value != "up"
        ]  # fmt: skip
        if amount is not None:
            allowed = max(1, len(here) * amount.value // 100) if amount.percent else amount.value
            found[domain] = (len(ill), allowed)
    return found


@settings(max_examples=60, deadline=None)
@given(worlds(), st.integers(0, 2**32))
def test_never_more_unavailable_than_each_budget_by_the_engines_doing(made: World, seed: int) -> None:
    chance, flying = random.Random(seed), list[Execute]()
    names = sorted(made.inventory.services)
    for _ in range(40):
        if chance.random() < 0.25:
            made.deploy(**{chance.choice(names): chance.choice(["2.0", "3.0"])})
        if chance.random() < 0.15:
            host = chance.choice(sorted(made.inventory.hosts))
            down(made, host) if chance.random() < 0.5 else up(made, host)
        if chance.random() < 0.15:
            placement = chance.choice(sorted(made.state.sightings))
            health = chance.choice([Health.PASSING, Health.FAILING])
            made.record(seen(placement, made.state.sightings[placement].version, health))
        before = lost_and_allowed(made)
        flying += made.settle()
        for domain, (lost, allowed) in lost_and_allowed(made).items():
            assert lost <= max(allowed, before[domain][0]), f"{domain}: {lost} of at most {allowed} are unavailable"
        held = {wait.change for wait in made.plan().waits} | {act.change for act in flying}
        assert {change.id for change in made.state.unfinished()} <= held, "something neither moves nor waits"
        if flying:
            act = flying.pop(chance.randrange(len(flying)))
            made.elapsed_s += 1
            made.finish(act, chance.choice([MoveState.DONE, MoveState.DONE, MoveState.REVERTED]), "planted")
