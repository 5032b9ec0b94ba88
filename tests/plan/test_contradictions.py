"""Changes that contradict each other: nobody waits for what cannot be, and whatever versions let go
goes. Random queues over few services are played to their rest, which is judged by itself.
"""

from __future__ import annotations

import random

import pytest

from engine.model.change import Status
from engine.model.version import satisfies
from engine.model.wait import Reason, Wait
from tests.builders import World, service, world
from tests.plan.reading import reasons

BOTH_MAJORS = (("billing", "<2", "<2"), ("billing", ">=2", ">=2"))


def billing_and_cart() -> World:
    return world(service("billing"), service("cart", *BOTH_MAJORS))


def test_what_cannot_go_blocks_nobody_whom_it_contradicts() -> None:
    made = billing_and_cart()
    made.deploy(cart="2.1")
    other = made.deploy(billing="1.1")
    made.run()
    assert made.change(other).status is Status.SUCCEEDED
    assert reasons(made) == {Reason.DEPENDENCY_VERSION}


def test_changes_that_wait_for_what_does_not_lead_find_a_way_out() -> None:
    """billing 2.1 wants cart 3.0, which a newer cart 1.0 keeps from leading; that one wants billing
    1.1, which billing 2.1 keeps from leading."""
    made = billing_and_cart()
    made.deploy(cart="3.0", billing="1.1")
    made.deploy(billing="2.1")
    made.deploy(cart="1.0")
    assert {act.placement.service for act in made.run()} >= {"billing"}
    assert not in_circles(made)


def test_a_change_whose_own_items_refuse_each_other_starts_none_of_them() -> None:
    made = billing_and_cart()
    change = made.deploy(cart="3.0", billing="1.1")
    assert not made.run()
    assert {wait.change for wait in made.settled.waits} == {change.id}
    assert Reason.DEPENDENCY_VERSION in reasons(made)


@pytest.mark.parametrize("seed", range(60))
def test_at_rest_nobody_waits_in_a_circle_and_nothing_is_left_that_could_go(seed: int) -> None:
    chance = random.Random(seed)
    names = ["auth", "billing", "cart"][: chance.choice((2, 2, 3))]
    made = world(*(service(name, *needs(chance, names[:at]), hosts=[name]) for at, name in enumerate(names)))
    for _ in range(chance.randrange(3, 9)):
        chosen = chance.sample(names, chance.choice((1, 1, 2)))
        made.deploy(**{name: chance.choice(("1.0", "1.1", "2.0", "2.1", "3.0")) for name in chosen})
        if chance.random() < 0.2:
            made.run()
    made.run()
    assert not in_circles(made)
    assert not left_behind(made)


def needs(chance: random.Random, providers: list[str]) -> list[tuple[str, str, str]]:
    """What a service needs of each provider, by its own major version."""
    return [
        (provider, chance.choice(("<2", ">=2", "<3", ">=1.1")), when)
        for provider in providers
        for when in chance.sample(("<2", ">=2", ">=3"), chance.randrange(3))
    ]


def in_circles(made: World) -> list[Wait]:
    """The waits that in the end are only for each other."""
    waits = [wait for wait in made.settled.waits if wait.change]
    grounded = {w.change for w in waits if not w.blocker}
    while more := {w.change for w in waits if w.change not in grounded and w.blocker in grounded}:
        grounded |= more
    return [wait for wait in waits if wait.change not in grounded]


def left_behind(made: World) -> list[str]:
    """The waiting items that versions would let go now, whatever comes later: judged from the needs
    alone. What the rest of its own change refuses does not count."""
    running = {known.id.service: known.target or "" for known in made.state.instances.values()}
    found = []
    for change in made.state.unfinished():
        own = {item.service: item.goal for item in change.items if item.status is Status.WAITING}
        for name, goal in own.items():
            if fits(made, running | {name: goal}, name) and fits(made, running | own, name):
                found.append(f"change {change.id}: {name} {goal}")
    return found


def fits(made: World, versions: dict[str, str], name: str) -> bool:
    """Whether a service and its neighbours, at these versions, satisfy each other."""
    for consumer, need in ((each.name, need) for each in made.inventory.services.values() for need in each.needs):
        if name not in (consumer, need.provider):
            continue
        scheme = made.inventory.services[need.provider].scheme
        applies = not need.when or satisfies(scheme, versions[consumer], need.when)
        if applies and not satisfies(scheme, versions[need.provider], need.version):
            return False
    return True
