"""The finding about upgrades that will have no safe order."""

from __future__ import annotations

from collections.abc import Iterator

from engine.hygiene.rule import Remark
from engine.model.inventory import Inventory
from engine.model.release import Catalog
from engine.model.service import Service
from engine.model.version import satisfies, sort_key


def ahead(inventory: Inventory, catalog: Catalog) -> Iterator[Remark]:
    """Pairs whose newest versions could be reached from those before only by both at once, with
    no known version of either that would do as a bridge."""
    by_age = {
        name: _by_age(service, catalog)
        for name, service in inventory.services.items()
        if len(catalog.versions(name)) > 1
    }
    for name, mine in by_age.items():
        consumer = inventory.services[name]
        for provider in sorted({need.provider for need in consumer.needs if need.provider in by_age} - {name}):
            other, theirs = inventory.services[provider], by_age[provider]
            (old, new), (was, will) = mine[-2:], theirs[-2:]
            together = _accepts(consumer, old, other, was) and _accepts(consumer, new, other, will)
            apart = _accepts(consumer, new, other, was) or _accepts(consumer, old, other, will)
            if not together or apart or _is_bridged(consumer, mine, other, theirs):
                continue
            index = next(index for index, need in enumerate(consumer.needs) if need.provider == provider)
            yield Remark(
                f"services.{consumer.name}.needs.{index}",
                f"{consumer.name} {old} with {provider} {was} can become {new} with {will} only in lockstep: {new} "
                f"refuses {provider} {was}, {old} refuses {will}, and no known version of either gets on with both. "
                f"Every such upgrade is an outage. Build a version of {consumer.name} that accepts both, "
                "or widen the constraint",
            )


def _by_age(service: Service, catalog: Catalog) -> list[str]:
    return sorted(catalog.versions(service.name), key=lambda version: sort_key(service.scheme, version))


def _accepts(consumer: Service, version: str, provider: Service, provided: str) -> bool:
    return all(
        satisfies(provider.scheme, provided, need.version)
        for need in consumer.needs
        if need.provider == provider.name and (not need.when or satisfies(consumer.scheme, version, need.when))
    )


def _is_bridged(consumer: Service, mine: list[str], provider: Service, theirs: list[str]) -> bool:
    """Whether one side knows a version that gets on with the old and the new of the other."""
    return any(all(_accepts(consumer, version, provider, each) for each in theirs[-2:]) for version in mine) or any(
        all(_accepts(consumer, each, provider, version) for each in mine[-2:]) for version in theirs
    )
