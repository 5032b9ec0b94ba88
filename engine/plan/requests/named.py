"""What the names in a request mean, or the refusal that names the near ones."""

from __future__ import annotations

from engine.errors import RequestRefused, UsageError
from engine.model.change import Change
from engine.model.names import InstanceId
from engine.model.service import Service
from engine.plan.estate import Estate
from engine.plan.nearest import did_you_mean


def find_instance(estate: Estate, subject: str) -> InstanceId:
    """The instance meant by SERVICE or SERVICE@ENV; UsageError if it is not clear which."""
    name, _, environment = subject.partition("@")
    service = find_service(estate, name)
    if environment:
        return InstanceId(name, find_environment(estate, environment, service))
    places = sorted(env for env, hosts in service.hosts.items() if hosts)
    if len(places) != 1:
        choices = " or ".join(f"{name}@{place}" for place in places) or "it is placed nowhere"
        raise UsageError(f"{name} runs in {len(places)} environments: say which ({choices})")
    return InstanceId(name, places[0])


def find_service(estate: Estate, name: str) -> Service:
    """The service of that name; UsageError with the nearest names if there is none."""
    service = estate.service(name)
    if service is None:
        raise UsageError(f"no service is called {name!r}; {did_you_mean(name, estate.inventory.services, 'service')}")
    return service


def find_environment(estate: Estate, name: str, service: Service | None = None) -> str:
    """The environment of that name; refused if ``service`` has no placement in it."""
    if name not in estate.inventory.environments:
        raise UsageError(
            f"no environment is called {name!r}; {did_you_mean(name, estate.inventory.environments, 'environment')}"
        )
    if service is not None and not service.hosts.get(name):
        raise RequestRefused(f"{service.name} has no placement in {name}; nothing was queued")
    return name


def find_change(estate: Estate, subject: str) -> Change:
    """The change of that id; UsageError if there is none."""
    change = estate.state.changes.get(subject)
    if change is None:
        latest = ", ".join(list(estate.state.changes)[-5:]) or "none yet"
        raise UsageError(f"there is no change {subject}; the latest are: {latest}")
    return change
