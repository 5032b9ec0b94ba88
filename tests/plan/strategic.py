"""Worlds in which one service, ``web``, rolls over three failure domains, and what tests do to them."""

from __future__ import annotations

from dataclasses import replace

from engine.model.change import MoveState
from engine.model.inventory import Domain
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health
from engine.model.service import RolloutPolicy
from engine.model.snapshot import Execute
from engine.model.wait import Reason, Wait
from engine.plan.requests import judge
from tests.builders import World, seen, service, world

DOMAINS = ("a", "b", "c")
WEB = InstanceId("web", "prod")


def spread(policy: RolloutPolicy, per_domain: int = 2) -> World:
    """``web`` on so many hosts in each of three domains: a1, a2, b1, ..."""
    hosts = [f"{domain}{n}" for domain in DOMAINS for n in range(1, per_domain + 1)]
    made = world(service("web", hosts=hosts, rollout=policy))
    placed = {name: replace(host, domain=name[0]) for name, host in made.inventory.hosts.items()}
    domains = {name: Domain(name, "eu") for name in DOMAINS} | {"eu": Domain("eu")}
    made.inventory = replace(made.inventory, hosts=placed, domains=domains)
    return made


def done(made: World) -> list[str]:
    """Let everything that moves now, and at once after it, succeed; the hosts in order."""
    return [act.placement.host for act in made.run()]


def finish(made: World, acts: list[Execute]) -> None:
    for act in acts:
        made.elapsed_s += 1
        made.finish(act)


def ask(made: World, request: object) -> str:
    """Ask for something; what is answered."""
    events, said = judge(made.snapshot, request)  # type: ignore[arg-type]
    made.record(*events)
    return said


def wait_of(made: World, reason: Reason) -> Wait:
    return next(wait for wait in made.plan().waits if wait.reason is reason)


def ill(made: World, host: str, detail: str = "GET /healthz answered 500") -> None:
    made.record(seen(PlacementId("web", "prod", host), "2.0", Health.FAILING, detail))


def failing(made: World, *hosts: str) -> list[str]:
    """Play on; moves to these hosts fail, once for each time they are named. The hosts in order."""
    left, order = list(hosts), []
    for _ in range(100):
        acts = made.settle()
        if not acts:
            return order
        for act in acts:
            made.elapsed_s += 1
            order.append(act.placement.host)
            bad = act.placement.host in left and act.goal == "2.0"
            if bad:
                left.remove(act.placement.host)
            made.finish(act, MoveState.REVERTED if bad else MoveState.DONE, "answers 500" if bad else "")
    raise AssertionError("it never ends")
