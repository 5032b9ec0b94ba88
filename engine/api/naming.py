"""What the names in a request mean, or a refusal that names the near ones.

``SERVICE`` alone means the service in the only environment where it is placed; "" as an
environment means the only one there is. Anything less certain is refused, never guessed.
"""

from __future__ import annotations

from engine.api.problems import UnknownName
from engine.errors import UsageError
from engine.model.change import Change
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.snapshot import Snapshot


def environment(inventory: Inventory, name: str) -> str:
    """The environment meant. Raises UsageError naming the choices."""
    if not name:
        if len(inventory.environments) == 1:
            return next(iter(inventory.environments))
        choices = ", ".join(inventory.environments)
        raise UsageError(f"Which environment? Choose one with -e: {choices}.")
    if name not in inventory.environments:
        raise UnknownName("environment", name, list(inventory.environments))
    return name


def service(inventory: Inventory, name: str) -> str:
    """A known service's name."""
    if name not in inventory.services:
        raise UnknownName("service", name, list(inventory.services))
    return name


def host(inventory: Inventory, name: str) -> str:
    """A known host's name."""
    if name not in inventory.hosts:
        raise UnknownName("host", name, list(inventory.hosts))
    return name


def change(snapshot: Snapshot, name: str) -> Change:
    """A change that the engine still has in mind."""
    found = snapshot.state.changes.get(name)
    if found is None:
        raise UnknownName("change", name, [])
    return found


def instances(inventory: Inventory, subject: str) -> list[InstanceId]:
    """The instances that SERVICE or SERVICE@ENV names: at least one."""
    name, at, where = subject.partition("@")
    service(inventory, name)
    placed = [env for env in inventory.environments if inventory.services[name].hosts.get(env)]
    if at:
        environment(inventory, where or "?")
        if where not in placed:
            raise UsageError(f"{name} has no placement in {where}; it runs in {', '.join(placed) or 'no environment'}.")
        placed = [where]
    if not placed:
        raise UsageError(f"{name} has no placement in any environment; give it one in the inventory, and reload.")
    return [InstanceId(name, env) for env in placed]


def subject(snapshot: Snapshot, text: str) -> str:
    """The one change or instance that ``text`` names, in full: a change's id or SERVICE@ENV."""
    if text in snapshot.state.changes:
        return text
    if text.isdigit():
        raise UnknownName("change", text, [])
    found = instances(snapshot.inventory, text)
    if len(found) > 1:
        choices = ", ".join(str(instance) for instance in found)
        raise UsageError(f"{text} runs in several environments: choose one of {choices}.")
    return str(found[0])
