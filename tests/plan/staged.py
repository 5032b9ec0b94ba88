"""An estate of two environments, staging before prod, and what one does with it in a story."""

from __future__ import annotations

from dataclasses import replace

from engine.model.change import Change, Item, Kind
from engine.model.event import ChangeAccepted, EngineStarted, HostSeen
from engine.model.inventory import Domain, Environment, Host, Inventory, Team
from engine.model.names import InstanceId
from engine.model.observation import Reach
from engine.model.service import Service
from engine.model.wait import Reason, Wait
from tests.builders import CONFIGURATION, T0, World, catalog, seen
from tests.builders import service as single

STAGING, PROD = InstanceId("web", "staging"), InstanceId("web", "prod")


def two(*services: Service, soak_s: float = 100.0) -> World:
    """staging before prod; every service on two hosts in each, at 1.0."""
    placed = []
    for each in services:
        names = {env: tuple(f"{each.name}-{env}-{n}" for n in (1, 2)) for env in ("staging", "prod")}
        placed.append(replace(each, hosts={env: names[env] for env in each.hosts}))
    hosts = {
        name: Host(name, name, env, "zone") for each in placed for env, names in each.hosts.items() for name in names
    }
    inventory = Inventory(
        "acme",
        {"staging": Environment("staging"), "prod": Environment("prod", "staging", soak_s)},
        {"team": Team("team")},
        {"zone": Domain("zone")},
        hosts,
        {each.name: each for each in placed},
    )
    made = World(inventory, catalog(inventory))
    made.record(EngineStarted("store", 1, "engine"))
    made.record(*(HostSeen(host, Reach.UP, "boot", True) for host in hosts))
    for instance in inventory.instances():
        made.record(*(seen(placement, "1.0") for placement in inventory.placements(instance)))
    made.settle()
    return made


def web(*environments: str) -> Service:
    both = environments or ("staging", "prod")
    return replace(single("web"), hosts=dict.fromkeys(both, ("x",)))


def ask(made: World, environment: str, version: str, kind: Kind = Kind.DEPLOY, name: str = "web") -> Change:
    number = made.state.next_change
    artifact = made.catalog.find(name, version)
    item = Item(name, version, CONFIGURATION, artifact.sha256 if artifact else "")
    made.record(ChangeAccepted(Change(number, environment, (item,), "ana", T0, kind=kind)))
    return made.state.changes[str(number)]


def held(made: World, change: Change) -> list[Wait]:
    return [wait for wait in made.plan().waits if wait.change == change.id and wait.reason is Reason.SOAK_REQUIRED]


def later(made: World, seconds: float) -> World:
    made.elapsed_s += seconds
    made.settle()
    return made


def staged(made: World, version: str) -> None:
    ask(made, "staging", version)
    made.run()
