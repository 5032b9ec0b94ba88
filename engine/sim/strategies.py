"""Rollout strategies for a simulated organization: canaries, bakes, domains in order, failures that
are forgiven, a budget of its own. Drawn after everything else, so that what a seed made before
stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random

from engine.model.inventory import Domain, Host
from engine.model.service import Amount, RolloutPolicy, Service

DOMAINS = {name: Domain(name, "zone") for name in ("east", "west")} | {"zone": Domain("zone")}
ORDERS = ((), (), ("east", "west"), ("west",))
PLAIN = 0.4


def in_domains(hosts: Mapping[str, Host]) -> dict[str, Host]:
    """The hosts, in two domains by turns."""
    return {
        name: replace(host, domain=("east", "west")[at % 2]) for at, (name, host) in enumerate(sorted(hosts.items()))
    }


def with_strategies(random: Random, services: Mapping[str, Service]) -> dict[str, Service]:
    """The services, most of them with a strategy."""
    return {name: replace(service, rollout=_strategy(random, service.rollout)) for name, service in services.items()}


def _strategy(random: Random, policy: RolloutPolicy) -> RolloutPolicy:
    if random.random() < PLAIN:
        return policy
    order = random.choice(ORDERS)
    canary = random.choice((0, 1, 1, 2))
    return replace(
        policy,
        canary=Amount(canary),
        auto_promote=not canary or random.random() < 0.7,
        bake_s=random.choice((0.0, 3.0, 10.0)),
        domain_order=order,
        first_domain_bake_s=random.choice((None, 6.0)) if order else None,
        max_unavailable=random.choice((None, Amount(1), Amount(2))),
        max_failures=random.choice((Amount(0), Amount(1), Amount(50, percent=True))),
    )
