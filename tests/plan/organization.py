"""The sample organization with a calendar and a queue of forty changes, played to its end by the
real planner, placement after placement, with durations that scatter as a forecaster cannot know.

What was fixed before any result was seen: the calendar, the limits, the soak time, the ranges of
the durations, and the seeds (those from 1 on). Odd seeds queue in the evening, when the window is
shut, even ones in the morning, when it has been open for an hour.
"""

from __future__ import annotations

import heapq
import itertools
import random
import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.inventory import load
from engine.model.change import Change, Item
from engine.model.event import ChangeAccepted, EngineStarted, HostSeen
from engine.model.inventory import Environment, Inventory, Limits
from engine.model.names import InstanceId
from engine.model.observation import Reach
from engine.model.scope import Scope
from engine.model.service import Amount
from engine.model.snapshot import Execute
from engine.model.window import Entry, Freeze, Hours, Schedule, WindowPolicy
from engine.plan.durations import batches
from engine.plan.estate import Estate
from engine.plan.forecast import Accuracy, forecast, news
from tests.builders import T0, World, catalog, seen

ACME = Path(__file__).parent.parent.parent / "inventories" / "acme"
SIGMA, CHANGES = 0.3, 40
LEARNED = (3, 12)  # earlier rollouts of each instance
WITHIN, COVERED = 0.10, (0.80, 0.97)  # median errors; the part of the ends that come by their p90
USUAL_S = (600, 2400)  # of a whole rollout
EVENING_S = 10 * 3600.0  # 20:00 in Berlin; T0 is 10:00, a Tuesday


def inventory() -> Inventory:
    """Production moves on weekdays from nine to five, after half an hour in staging; a team is
    frozen until the next noon; four rollouts may run at a time, three of one team."""
    office = Entry(ZoneInfo("Europe/Berlin"), frozenset(range(5)), (Hours(9 * 3600, 17 * 3600),))
    prod = Scope(environments=("prod",))
    freeze = Freeze("stocktaking", T0 - timedelta(days=1), T0 + timedelta(hours=26), Scope(teams=("shop",)))
    return replace(
        load(ACME),
        environments={"staging": Environment("staging"), "prod": Environment("prod", "staging", 1800.0)},
        windows={"office": WindowPolicy("office", Schedule((office,)), prod)},
        freezes={"stocktaking": freeze},
        limits=Limits(rollouts=4, per_team=3),
    )


def by_stages(estate: Inventory) -> Inventory:
    """The same with stages everywhere: a third of the services sends a canary ahead, another goes
    from one domain to the next, and all bake."""
    ways: tuple[dict[str, object], ...] = (
        {"canary": Amount(1), "bake_s": 200.0},
        {"domain_order": ("eu", "us"), "first_domain_bake_s": 400.0, "bake_s": 100.0},
        {"bake_s": 300.0, "max_parallel": Amount(2)},
    )
    services = {
        name: replace(each, rollout=replace(each.rollout, **ways[at % len(ways)]))  # type: ignore[arg-type]
        for at, (name, each) in enumerate(sorted(estate.services.items()))
    }
    return replace(estate, services=services)


class Organization:
    """The estate at its first version, with what earlier rollouts taught. ``is_known``: nothing
    scatters and the forecaster knows how long everything takes; every rollout goes by stages."""

    def __init__(self, seed: int, *, is_known: bool = False) -> None:
        self._chance = random.Random(seed)
        self._sigma = 0.0 if is_known else SIGMA
        estate = by_stages(inventory()) if is_known else inventory()
        with (ACME / "releases.toml").open("rb") as file:
            self._releases = tomllib.load(file)["services"]
        self.known = {name: list(release["versions"]) for name, release in self._releases.items()}
        self.made = World(estate, catalog(estate, sorted({v for many in self.known.values() for v in many})))
        self.made.record(EngineStarted("store", 1, "engine"))
        for host in estate.hosts:
            self.made.record(HostSeen(host, Reach.UP, "boot", True))
        for instance in estate.instances():
            first = self.runs(instance)
            self.made.record(*(seen(placement, first) for placement in estate.placements(instance)))
        self.made.settle()
        self.made.elapsed_s = EVENING_S if seed % 2 else 0.0
        self.made.settle()
        index = Estate(self.made.snapshot)
        self.usual_batch_s = {
            instance: self._chance.uniform(*USUAL_S) / batches(index, instance) for instance in estate.instances()
        }
        learned = {
            instance: replace(
                known, batch_s=tuple(self._drawn(instance) for _ in range(self._chance.randint(*LEARNED)))
            )
            for instance, known in self.made.state.instances.items()
        }
        self.made.state = replace(self.made.state, instances=learned)
        self._factors: dict[tuple[str, str], float] = {}

    def runs(self, instance: InstanceId) -> str:
        """The version that runs at the beginning."""
        release = self._releases[instance.service]
        return str(release.get(instance.environment, release["versions"][0]))

    def _drawn(self, instance: InstanceId) -> float:
        return self.usual_batch_s[instance] * self._chance.lognormvariate(0, self._sigma)

    def queue(self) -> None:
        """Forty changes, each of another instance to its next version, in a random order."""
        ways = []
        for instance in self.made.inventory.instances():
            known = self.known[instance.service]
            newer = known[known.index(self.runs(instance)) + 1 :]
            ways += [(instance, newer[0])] if newer else []
        for instance, goal in self._chance.sample(ways, CHANGES):
            item = Item(instance.service, goal, self.made.inventory.services[instance.service].configuration)
            change = Change(self.made.state.next_change, instance.environment, (item,), "ana", self.made.snapshot.now)
            self.made.record(ChangeAccepted(change))

    def play(self) -> None:
        """Let it all happen: every move takes its instance's usual time by the rollout's own
        factor, and the planner is asked again whenever one ends or a wait may clear."""
        due: list[tuple[float, int, Execute]] = []
        count = itertools.count()  # of equal times the step that began first
        while True:
            for act in self.made.settle():
                heapq.heappush(due, (self.made.elapsed_s + self._takes_s(act), next(count), act))
            now = self.made.snapshot.now
            clears = [wait.until for wait in self.made.settled.waits if wait.until is not None and wait.until > now]
            times = [(until - T0).total_seconds() for until in clears] + [at for at, _, _ in due[:1]]
            if not times:
                return
            self.made.elapsed_s = min(times)
            while due and due[0][0] <= self.made.elapsed_s:
                self.made.finish(heapq.heappop(due)[2])

    def _takes_s(self, act: Execute) -> float:
        key = (act.change, act.placement.service)
        if key not in self._factors:
            self._factors[key] = self._chance.lognormvariate(0, self._sigma)
        return self.usual_batch_s[act.placement.instance] * self._factors[key]


def played(seed: int) -> tuple[Change, ...]:
    """Every change of one seed, as it ended and as it was foreseen when all were queued."""
    organization = Organization(seed)
    organization.queue()
    made = organization.made
    made.record(*news(made.state, forecast(made.snapshot)))
    organization.play()
    return tuple(made.state.changes.values())


def is_good(found: Accuracy) -> bool:
    """Whether forecasts are as good as they must be: the median errors of starts and ends within a
    tenth, and a p90 that is one: neither too early nor so late that it says nothing."""
    errors = (found.start_error, found.end_error)
    near = all(error is not None and error <= WITHIN for error in errors)
    return near and found.covered is not None and COVERED[0] <= found.covered <= COVERED[1]
