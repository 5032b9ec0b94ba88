"""A small random organization: services, what they need of each other, where they run, the
versions there are of them and how each version behaves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from engine.model.hook import ENGINE, Hook, Hooks
from engine.model.inventory import Domain, Environment, Host, Inventory, Limits, Observe, Team
from engine.model.release import Artifact, Catalog
from engine.model.service import Amount, Configuration, DriverName, HealthCheck, Need, RolloutPolicy, Service
from engine.model.window import Schedule, WindowPolicy
from engine.sim.behaviour import Behaviour
from engine.sim.driving import with_drivers, with_images
from engine.sim.strategies import DOMAINS, in_domains, with_strategies

ENVIRONMENT = "prod"
FIRST = "1.0"
VERSIONS = (FIRST, "1.1", "2.0", "2.1", "3.0")
NAMES = ("auth", "billing", "cart", "ledger", "mail", "orders", "search", "stock", "tax", "users")
NOT_INSTALLED = 0.15
OUTAGES_ALLOWED = 0.8

# A consumer that goes from one generation to the next only in lockstep.
TIGHT = (("<2", "<2"), (">=2", ">=2"))
HOOKED = 0.4

# What a consumer may ask of a provider; FIRST beside FIRST satisfies each of them.
CONTRACTS: tuple[tuple[tuple[str, str], ...], ...] = (
    ((">=1", ""),),
    ((">=1,<3", ""),),
    ((">=1", ""), (">=2", ">=2")),
    (("<3", "<3"),),
    (("<2", "<2"), (">=1", "")),
    TIGHT,
    TIGHT,
)
FATES = (
    (Behaviour.HEALTHY, 70),
    (Behaviour.SLOW, 8),
    (Behaviour.NEVER, 8),
    (Behaviour.FLAPPING, 6),
    (Behaviour.CRASHING, 4),
    (Behaviour.LYING, 4),
)


@dataclass(frozen=True, slots=True)
class Estate:
    """What a seed made. ``installed`` are the services that run FIRST from the beginning."""

    inventory: Inventory
    catalog: Catalog
    behaviours: dict[tuple[str, str], Behaviour]
    installed: tuple[str, ...]


def generate(random: Random, services: int = 0, hosts: int = 0, *, all_drivers: bool = False) -> Estate:
    """An estate of so many services and hosts (0: a few); ``all_drivers``: some of the services are
    containers, or run by scripts."""
    names = _names(services or random.randint(2, 7))
    machines = tuple(f"h{number:02}" for number in range(1, (hosts or random.randint(2, 6)) + 1))
    made = {name: _service(random, name, names[:at], machines) for at, name in enumerate(names)}
    inventory = Inventory(
        organization="acme",
        environments={ENVIRONMENT: Environment(ENVIRONMENT)},
        teams={"team": Team("team")},
        domains={"zone": Domain("zone")},
        hosts={name: Host(name, f"10.0.0.{at}", ENVIRONMENT, "zone") for at, name in enumerate(machines)},
        services=made,
        limits=Limits(rollouts=random.choice((None, None, 1, 2))),
        observe=Observe(steady_s=15.0, busy_s=2.0),
    )
    installed = tuple(name for name in names if random.random() >= NOT_INSTALLED)
    behaviours = {(name, version): _fate(random, version) for name in names for version in VERSIONS}
    if random.random() < OUTAGES_ALLOWED:
        windows = {"outages": WindowPolicy("outages", Schedule(), outage=True)}
        inventory = replace(inventory, windows=windows)
    rolled = with_strategies(random, inventory.services)
    run = with_drivers(random, rolled, behaviours, FIRST) if all_drivers else rolled
    inventory = replace(inventory, services=run, domains=DOMAINS, hosts=in_domains(inventory.hosts))
    return Estate(inventory, with_images(_catalog(names), run), behaviours, installed)


def _names(count: int) -> tuple[str, ...]:
    return tuple(f"{NAMES[at % len(NAMES)]}{at // len(NAMES) or ''}" for at in range(count))


def _service(random: Random, name: str, earlier: tuple[str, ...], machines: tuple[str, ...]) -> Service:
    providers = random.sample(earlier, min(len(earlier), random.choice((0, 1, 1, 2))))
    needs = tuple(Need(provider, version, when) for provider in providers for version, when in random.choice(CONTRACTS))
    placed = tuple(sorted(random.sample(machines, min(len(machines), random.randint(1, 3)))))
    driver = random.choice((DriverName.SYSTEMD, DriverName.SYSTEMD, DriverName.PROCESS))
    health = HealthCheck(http="http://127.0.0.1:8000/healthz", version="http://127.0.0.1:8000/version")
    base = "/opt/interlock" if driver is DriverName.SYSTEMD else "interlock"
    policy = RolloutPolicy(
        max_parallel=Amount(random.choice((1, 1, 2))),
        min_healthy_time_s=random.choice((2.0, 4.0)),
        healthy_deadline_s=random.choice((12.0, 20.0)),
        progress_deadline_s=60.0,
        confirm_timeout_s=random.choice((5.0, 15.0)),
        auto_revert=random.random() < 0.85,
        prestage=random.random() < 0.8,
    )
    return Service(
        name,
        "team",
        Configuration(driver, base, f"bin/{name}", health=health, hooks=_hooks(random, machines)),
        {ENVIRONMENT: placed},
        None,
        needs,
        policy,
        keep_releases=random.choice((1, 2, 5)),
    )


def _hooks(random: Random, machines: tuple[str, ...]) -> Hooks:
    """None for most; else some, on the placement, on any one machine, or beside the engine."""
    if random.random() >= HOOKED:
        return Hooks()

    def hook(name: str) -> Hook | None:
        on = random.choice(("", "", random.choice(machines), ENGINE))
        return Hook((f"bin/{name}",), on, 10.0) if random.random() < 0.6 else None

    drain = hook("drain")
    return Hooks(hook("once"), hook("pre"), drain, hook("undrain") if drain else None, hook("post"))


def _fate(random: Random, version: str) -> Behaviour:
    if version == FIRST:
        return Behaviour.HEALTHY
    return random.choices([fate for fate, _ in FATES], [weight for _, weight in FATES])[0]


def _catalog(names: tuple[str, ...]) -> Catalog:
    return Catalog(
        {
            name: {
                version: Artifact(
                    name,
                    version,
                    f"/{name}-{version}.tar.gz",
                    f"{at:02x}{int(float(version) * 10):02x}" * 16,
                    100_000,
                    "tar.gz",
                )
                for version in VERSIONS
            }
            for at, name in enumerate(names)
        }
    )
