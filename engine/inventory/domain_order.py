"""``rollout.domain_order`` of a service: each name is a failure domain, and none lies in one that
comes before it in the list, which would leave nothing for it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.inventory.estate import Estate
from engine.inventory.faults import Faults
from engine.inventory.reading import Read
from engine.inventory.service_entries import ServiceEntry


def check_domain_order(read: Read[ServiceEntry], estate: Estate, faults: Faults) -> None:
    """Note every name that cannot be meant."""
    if "rollout" in read.unread:
        return
    before: list[str] = []
    for index, name in enumerate(read.value.rollout.domain_order):
        key = ("rollout", "domain_order", index)
        outer = next((other for other in before if other in _around(estate, name)), None)
        if name not in estate.domains:
            faults.unknown(read.at(*key), read.name(*key), "domain", name, estate.domains)
        elif outer is not None:
            message = f"{read.name(*key)}: {name} lies in {outer}, which comes before it: nothing would be left for it"
            faults.add(read.at(*key), "conflict", f"{message}; put {name} first, or remove one of them")
        before.append(name)


def _around(estate: Estate, domain: str) -> Iterator[str]:
    """A domain and those around it."""
    name: str | None = domain
    while name is not None and name in estate.domains:
        yield name
        name = estate.domains[name].parent
