"""Findings about rollout strategies that do less than they say."""

from __future__ import annotations

from collections.abc import Iterator

from engine.hygiene.rule import Remark
from engine.model.inventory import Inventory
from engine.model.release import Catalog


def canary_is_everything(inventory: Inventory, _catalog: Catalog) -> Iterator[Remark]:
    """Canaries after which nothing is left to protect."""
    for service in inventory.services.values():
        most = max(map(len, service.hosts.values()), default=0)
        if most and service.rollout.canary.of(most) >= most:
            yield Remark(
                f"services.{service.name}.rollout",
                f"{service.name} has no more than {most} placement{'s' * (most != 1)} anywhere, and canary is "
                f"{service.rollout.canary}: the canary is all of it, so a bad version reaches everything at once. "
                "Place it on more hosts, or remove canary",
            )


def domain_order_is_not_the_placement(inventory: Inventory, _catalog: Catalog) -> Iterator[Remark]:
    """Domains in the order without a placement, and placements whose domain is not in it."""
    for service in inventory.services.values():
        order = service.rollout.domain_order
        paths = {inventory.domain_path(host) for hosts in service.hosts.values() for host in hosts} if order else set()
        placed = {name for path in paths for name in path}
        empty = [name for name in order if name not in placed]
        late = sorted({path[-1] for path in paths if path and not set(path) & set(order)})
        if empty and paths:
            yield Remark(
                f"services.{service.name}.rollout",
                f"domain_order of {service.name} names {', '.join(empty)}, where it has no placement: passed over. "
                f"Remove them: it has placements in {', '.join(sorted({path[-1] for path in paths if path}))}",
            )
        if late:
            yield Remark(
                f"services.{service.name}.rollout",
                f"{service.name} has placements in {', '.join(late)}, which domain_order does not name: they come "
                "last, one domain after the other. Add them to domain_order where they belong",
            )
