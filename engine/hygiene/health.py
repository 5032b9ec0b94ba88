"""Findings about how a service's health is judged."""

from __future__ import annotations

from collections.abc import Iterator

from engine.hygiene.rule import Remark
from engine.model.inventory import Inventory
from engine.model.release import Catalog


def no_health_check(inventory: Inventory, _catalog: Catalog) -> Iterator[Remark]:
    """Services whose health nobody asks for."""
    for service in inventory.services.values():
        if not service.configuration.health.is_declared:
            yield Remark(
                f"services.{service.name}",
                f"{service.name} has no health check: a version that starts and answers nothing counts as good, and "
                "is not reverted. Add `health: {http: URL}`, or tcp or command",
            )


def unreachable_deadline(inventory: Inventory, _catalog: Catalog) -> Iterator[Remark]:
    """Deadlines that pass before enough checks could have passed."""
    for service in inventory.services.values():
        health, rollout = service.configuration.health, service.rollout
        least_s = max((health.passes - 1) * health.interval_s, rollout.min_healthy_time_s)
        if health.is_declared and least_s >= rollout.healthy_deadline_s:
            yield Remark(
                f"services.{service.name}.health",
                f"{service.name} can never become healthy in time: {health.passes} passes, {health.interval_s:g}s "
                f"apart, take {least_s:g}s, and healthy_deadline is {rollout.healthy_deadline_s:g}s. "
                "Ask for fewer passes, check more often, or raise healthy_deadline",
            )
