"""What the inventory needs of a host: worked out from what is placed on it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.inventory import Inventory
from engine.model.service import DriverName, Service

ALWAYS = ("tar", "sha256sum", "flock", "setsid")


@dataclass(frozen=True, slots=True)
class Needs:
    """``tools`` that must be there, each with why; ``asks_http``: one of curl, wget or busybox is
    needed; ``containers``: podman or docker is; ``users`` that services run as."""

    tools: tuple[tuple[str, str], ...]
    asks_http: bool
    containers: bool
    root: bool
    bases: frozenset[str]
    users: frozenset[str]


def needs_of(inventory: Inventory, host: str) -> Needs:
    """What has to be true of a host for its placements to roll."""
    services = [inventory.services[placement.service] for placement in inventory.placements_on(host)]
    tools = [(tool, "every rollout") for tool in ALWAYS]
    tools += [("zstd", each.name) for each in services if each.artifact and each.artifact.path.endswith(".zst")]
    systemd = [each.name for each in services if each.configuration.driver is DriverName.SYSTEMD]
    tools += [("systemctl", name) for name in systemd[:1]]
    driven = {each.configuration.driver for each in services}
    return Needs(
        tools=tuple(tools),
        containers=DriverName.CONTAINER in driven,
        asks_http=any(_asks_http(each) for each in services),
        root=bool(systemd),
        bases=frozenset(each.configuration.base for each in services),
        users=frozenset(each.configuration.user for each in services if each.configuration.user),
    )


def _asks_http(service: Service) -> bool:
    health = service.configuration.health
    return bool(health.http or health.version)
