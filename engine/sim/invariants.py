"""What must hold at every step, told from what truly happens on the simulated hosts and from
what the engine says of itself. A breach is kept as a sentence; the run stops at the first.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping

from engine.model.change import FINAL, Change, Kind, MoveState, Status
from engine.model.hook import HookState
from engine.model.inventory import Inventory
from engine.model.service import Need
from engine.model.snapshot import Plan, Snapshot
from engine.model.version import satisfies
from engine.plan.evolve import fold
from engine.sim.aside import Aside
from engine.sim.estate import ENVIRONMENT
from engine.sim.host import SimHost
from engine.sim.placed import Placed
from engine.sim.tally import HookTally
from engine.store.protocol import Loaded

_OF_ROLLOUT = re.compile(r"-\d*[bf]\d+$")  # and those of a rollout, forward and back
_OF_OUTAGE = re.compile(r"-\d*[op]\d+$")  # the names that engine.plan.outage gives its steps
MAX_ATTEMPTS = 12  # each resumption by a person grants a few more


class Invariants:
    """The witness of one world: hosts tell it what happens, engines what they have decided.
    ``trace`` is a digest of all of it, the same whenever the same seed runs again."""

    def __init__(self, inventory: Inventory, hosts: Mapping[str, SimHost], now_s: Callable[[], float]) -> None:
        self.breaches: list[str] = []
        self.checks: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()  # what happened, good and bad
        self.lines: list[str] = []
        self._inventory = inventory
        self._hosts = hosts
        self._now_s = now_s
        self.hooks = HookTally(inventory, self.breach, self.note)
        self._launches: Counter[tuple[str, str]] = Counter()
        self._aside = Aside()
        self._digest = hashlib.sha256()
        self._outages: set[str] = set()  # those that are over
        self._tended: set[str] = set()  # the changes that know no order of domains

    @property
    def trace(self) -> str:
        """The digest of everything noted so far."""
        return self._digest.hexdigest()

    @property
    def launches(self) -> int:
        """Steps that hosts have begun."""
        return self._launches.total()

    def note(self, text: str) -> None:
        """One line of the trace; the last few hundred are kept for the reader of a failure."""
        line = f"{self._now_s():.6f} {text}"
        self._digest.update(line.encode() + b"\n")
        self.lines.append(line)
        if len(self.lines) > 4000:
            del self.lines[:2000]

    def breach(self, sentence: str) -> None:
        """Something that must never be."""
        self.note(f"BREACH {sentence}")
        self.breaches.append(f"at {self._now_s():.3f} s: {sentence}")

    def launched(self, host: str, service: str, step: str) -> None:
        """A step begins: once under its name, alone on its host, within the budget."""
        self.note(f"{host} begins {step}")
        self._launches[host, step] += 1
        self.checks["steps run once"] += 1
        if self._launches[host, step] > 1:
            self.breach(f"{host} runs the step {step} again")
        others = [name for name, placed in self._hosts[host].placed.items() if name != service and _in_step(placed)]
        self.checks["one step at a time on a host"] += 1
        if others:
            self.breach(f"{host} begins {step} while {', '.join(others)} moves there")
        self._within_budget(host, service, step)
        self.hooks.switched(host, service, step, bare=step in self._aside.bare)

    def _within_budget(self, host: str, service: str, step: str) -> None:
        declared = self._inventory.services[service]
        placed_on = declared.hosts[ENVIRONMENT]
        others = [name for name in placed_on if name != host and name not in self._aside.retired]
        moving = [name for name in others if _in_step(self._hosts[name].place(service))]
        if _OF_OUTAGE.search(step):
            return  # budgets are lifted for what an outage stops and starts
        if host in self._aside.retired:
            return  # it counts for nothing
        limit = declared.rollout.max_parallel.of(len(placed_on))
        self.checks["no more moves than max_parallel"] += 1
        if len(moving) + 1 > limit:
            self.breach(f"{host} begins {step} while {service} moves on {', '.join(moving)}: at most {limit} may")
        self._in_its_domain(host, service, step, moving)

    def _in_its_domain(self, host: str, service: str, step: str, moving: list[str]) -> None:
        """With an order of domains a rollout moves in one at a time; heals are no rollout, nor is what
        is done to a single host for its maintenance."""
        rollout, hosts = self._inventory.services[service].rollout, self._inventory.hosts
        steps = {name: self._hosts[name].place(service).working for name in moving} | {host: step}
        apart = {hosts[name].domain for name, under in steps.items() if self._is_rollout(under)}
        self.checks["one domain at a time"] += 1
        if rollout.domain_order and len(apart) > 1:
            self.breach(f"{host} begins {step} while {service} moves on {', '.join(moving)}, in another domain")

    def _is_rollout(self, step: str) -> bool:
        return bool(_OF_ROLLOUT.search(step)) and step.split("-")[2] not in self._tended

    def rebuilt(self, host: str) -> None:
        """Steps that it ran before may have to run again."""
        self.note(f"{host} has an empty disk")
        self._launches = Counter({(on, step): times for (on, step), times in self._launches.items() if on != host})

    def changed(self, host: str, service: str) -> None:
        """What may run is another set now: every dependency of and on the service must hold."""
        self.checks["dependencies hold between all that may run"] += 1
        for consumer in self._inventory.services.values():
            for need in consumer.needs:
                if service in (consumer.name, need.provider):
                    self._need_holds(consumer.name, need)

    def _need_holds(self, consumer: str, need: Need) -> None:
        scheme = self._inventory.services[consumer].scheme
        provided = self._may_run(need.provider)
        for version in sorted(self._may_run(consumer)):
            if need.when and not satisfies(scheme, version, need.when):
                continue
            for beside in sorted(provided):
                if not satisfies(self._inventory.services[need.provider].scheme, beside, need.version):
                    self.breach(f"{consumer} {version} needs {need.provider} {need.version}, and {beside} may run")

    def _may_run(self, service: str) -> set[str]:
        found: set[str] = set()
        for host in self._inventory.services[service].hosts[ENVIRONMENT]:
            if host not in self._aside.retired:
                found |= self._hosts[host].place(service).may_run()
        return found

    def stepped(self, snapshot: Snapshot, plan: Plan) -> None:
        """An engine has taken a step: whatever is unfinished acts or waits."""
        waiting = {wait.change for wait in plan.waits}
        self._tended.update(change.id for change in snapshot.state.unfinished() if _knows_no_domains(change))
        self.checks["everything unfinished acts or waits"] += 1
        for change in snapshot.state.unfinished():
            flying = any(m.state is MoveState.MOVING for item in change.items for m in item.moves.values())
            flying = flying or any(run.state is HookState.RUNNING for run in change.hooks.values())
            if not flying and change.id not in waiting:
                items = ", ".join(f"{item.service} {item.status.value}" for item in change.items)
                self.breach(f"change {change.id} ({change.status.value}: {items}) neither acts nor waits")
        self._outages_are_whole(snapshot)
        self.hooks.stepped(snapshot)
        self.checks["nothing begins on a host that people took aside"] += 1
        for sentence in self._aside.stepped(snapshot):
            self.breach(sentence)
        self.checks["nothing is tried for ever"] += 1
        for change, item, move in snapshot.state.moves_in_flight():
            if move.attempt > MAX_ATTEMPTS:
                self.breach(f"change {change.id} tries {item.service} on {move.host} the {move.attempt}th time")
        for healing, move in snapshot.state.heals_in_flight():
            if move.attempt > MAX_ATTEMPTS:
                self.breach(f"{healing.placement} is healed the {move.attempt}th time")
        for host in snapshot.state.hosts.values():
            if "error inside the engine" in host.reason:
                self.breach(f"{host.host}: {host.reason}")

    def _outages_are_whole(self, snapshot: Snapshot) -> None:
        """What was stopped together has arrived together or gone back together, unless something
        of it could not be put back."""
        for change in snapshot.state.changes.values():
            for group in {item.outage.members for item in change.items if item.outage}:
                statuses = {change.item(name).status for name in group}
                if statuses <= FINAL and change.id not in self._outages:
                    self._outages.add(change.id)
                    self.checks["an outage arrives whole or goes back whole"] += 1
                    if Status.FAILED not in statuses and len(statuses) > 1:
                        self.breach(f"of the outage of change {change.id} some arrived and some did not")

    def opened(self, whole: Loaded, shortened: Loaded) -> None:
        """A journal was opened: its snapshot and tail say what all events say."""
        self.checks["a snapshot says what its events say"] += 1
        if fold(whole.state, whole.events) != fold(shortened.state, shortened.events):
            self.breach(f"the snapshot as of event {shortened.seq} differs from the fold of all events")

    def believed(self, snapshot: Snapshot) -> None:
        """At rest, with all faults healed: what the engine believes is true."""
        self.hooks.at_rest(snapshot)
        for placement, sighting in snapshot.state.sightings.items():
            placed = self._hosts[placement.host].place(placement.service)
            runs = placed.process.version if placed.process else None
            self.checks["what the engine believes at rest is true"] += 1
            if sighting.release != placed.current:
                self.breach(f"{placement} has {placed.current} current and is believed to have {sighting.release}")
            if runs != placed.current:
                self.breach(f"{placement} runs {runs} and has {placed.current} current")


def _knows_no_domains(change: Change) -> bool:
    """What concerns single hosts, removes all of a service, or stops it for an outage anyway."""
    return change.is_tended or change.kind is Kind.REMOVE or any(item.outage for item in change.items)


def _in_step(placed: Placed) -> bool:
    """Between a step's start and its confirmation, reversal or refusal."""
    if placed.mark is not None:
        return True
    return placed.is_locked and placed.steps[placed.working].result is None
