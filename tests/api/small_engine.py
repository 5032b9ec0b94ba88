"""A small engine for the tests of its face: the real planner, judge and state over an
inventory made here, with moves that end as the test says instead of on hosts.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.api.narrative import tell
from engine.api.protocol import EngineView
from engine.errors import HostUnreachable, RequestRefused
from engine.model import event as ev
from engine.model.access import JournalCopied, RequestTurnedDown
from engine.model.change import MoveState
from engine.model.forecast import Forecast
from engine.model.inventory import Domain, Environment, Host, Inventory, Team
from engine.model.names import PlacementId
from engine.model.observation import Health, Reach, Sighting, Unit
from engine.model.release import Artifact, Catalog
from engine.model.request import Outcome, Request
from engine.model.service import Configuration, DriverName, Need, Service
from engine.model.snapshot import Decide, Execute, Plan, Snapshot
from engine.model.state import State
from engine.plan.evolve import evolve
from engine.plan.forecast import forecast
from engine.plan.planner import plan
from engine.plan.requests import judge
from engine.runtime.answering import turned_down
from engine.runtime.kept import Arriving
from engine.runtime.watchers import News, Watchers
from engine.store.chain import START, Entry, chained
from engine.store.codec import encode_event
from engine.store.sync import SyncStore

HOSTS = ("eu-a1", "eu-b1")
VERSIONS = ("1.0.0", "1.1.0", "2.0.0")


def inventory() -> Inventory:
    """ledger, checkout (which needs it), and search (which needs nothing); two environments."""
    hosts = {
        f"{environment}-{name}": Host(f"{environment}-{name}", "127.0.0.1", environment, name[:4])
        for environment in ("staging", "prod")
        for name in HOSTS
    }
    return Inventory(
        organization="acme",
        environments={name: Environment(name) for name in ("staging", "prod")},
        teams={"payments": Team("payments"), "web": Team("web")},
        domains={"eu": Domain("eu"), "eu-a": Domain("eu-a", "eu"), "eu-b": Domain("eu-b", "eu")},
        hosts=hosts,
        services={
            "ledger": _service("ledger", "payments", ("staging", "prod")),
            "checkout": _service("checkout", "payments", ("staging", "prod"), Need("ledger", ">=1.0,<3")),
            "search": _service("search", "web", ("prod",)),
        },
    )


def _service(name: str, team: str, environments: Sequence[str], *needs: Need) -> Service:
    return Service(
        name,
        team,
        Configuration(DriverName.PROCESS, "interlock", f"bin/{name}"),
        {environment: tuple(f"{environment}-{host}" for host in HOSTS) for environment in environments},
        needs=needs,
    )


def catalog() -> Catalog:
    """Versions 1.0.0, 1.1.0 and 2.0.0 of everything."""
    return Catalog(
        {
            name: {
                v: Artifact(name, v, f"/a/{name}-{v}.tar.gz", "0" * 64, 10, "tar.gz")
                for v in ("1.0.0", "1.1.0", "2.0.0")
            }
            for name in ("ledger", "checkout", "search")
        }
    )


class Journal:
    """The journal in memory, as the server reads it."""

    def __init__(self) -> None:
        self.events: list[ev.Recorded] = []
        self.inventories: dict[str, str] = {}

    async def inventory(self, digest: str) -> str | None:
        return self.inventories.get(digest)

    async def read(
        self,
        *,
        after: int = 0,
        limit: int = 1000,
        change: str = "",
        newest: bool = False,
        before: int = 0,
        kinds: Collection[str] = (),
    ) -> list[ev.Recorded]:
        found = [r for r in self.events if r.seq > after and (not change or tell(r)["change"] == change)]
        found = [r for r in found if not before or r.seq < before]
        found = [r for r in found if not kinds or type(r.event).__name__ in kinds]
        return found[-limit:] if newest else found[:limit]

    async def entries(self, *, after: int = 0, limit: int = 1000) -> list[Entry]:
        whole = chained(START, [encode_event(recorded) for recorded in self.events])
        return list(whole[after : after + limit])

    async def copy_to(self, file: Path) -> None:
        store = SyncStore.open(file.parent / "state")
        await store.append(self.events)
        await store.copy_to(file)
        await store.close()


class Links:
    """A transport of which only the latency is asked."""

    def latency_ms(self, host: str) -> float | None:
        return 1.25 if host.endswith("eu-a1") else None


@dataclass
class Under:
    """A step under way."""

    phase: str = "switching"
    log: list[str] = field(default_factory=list)


class SmallEngine:
    """Fulfils ``engine.api.port.Port``. Requests are judged by the real planner's judge."""

    def __init__(self) -> None:
        self.store = Journal()
        self.transport = Links()
        self.activity: Mapping[str, Under] = {}
        self.probed: list[Sequence[str]] = []
        self.requests: list[Request] = []
        self.rolling = True
        self.silent: set[str] = set()
        self.fail: dict[str, str] = {}  # service -> why its moves fail
        self.watchers = Watchers()
        self.snapshot = Snapshot(inventory(), catalog(), State(), datetime.now(UTC), 0.0)
        self.plan = Plan()
        self.settle("1.0.0")

    def settle(self, version: str) -> None:
        """Everything runs ``version``, healthy, on hosts that answer, and is adopted."""
        self.happen(ev.EngineStarted("store", 1, "engine1"))
        for host in self.snapshot.inventory.hosts:
            self.happen(ev.HostSeen(host, Reach.UP, "boot", True))
        for instance in self.snapshot.inventory.instances():
            for placement in self.snapshot.inventory.placements(instance):
                self.see(placement, version)
        self.step()

    def see(
        self, placement: PlacementId, version: str | None, health: Health = Health.PASSING, detail: str = ""
    ) -> None:
        """A placement is observed."""
        instance = self.snapshot.state.instances.get(placement.instance)
        service = self.snapshot.inventory.services[placement.service]
        digest = ((instance and instance.configuration) or service.configuration).digest
        unit = Unit.RUNNING if version else Unit.ABSENT
        self.happen(ev.PlacementSeen(Sighting(placement, version, version, digest, unit, health)))

    def lose(self, host: str) -> None:
        """A host stops answering."""
        self.happen(ev.HostSeen(host, Reach.UNREACHABLE, "boot", False, "connection refused"))

    def happen(self, *events: ev.Event) -> None:
        """Record events, tell the watchers, plan again."""
        for event in events:
            recorded = ev.Recorded(len(self.store.events) + 1, datetime.now(UTC), self.snapshot.elapsed_s + 1, event)
            self.store.events.append(recorded)
            state = evolve(self.snapshot.state, recorded)
            self.snapshot = replace(self.snapshot, state=state, now=recorded.at, elapsed_s=recorded.elapsed_s)
            self.watchers.publish(recorded)
        self.plan = plan(self.snapshot)

    def step(self) -> bool:
        """Carry out what the plan says, one round; False if there was nothing."""
        for action in self.plan.actions:
            if isinstance(action, Decide):
                self.happen(action.event)
                return True
            if isinstance(action, Execute):
                self._move(action)
                return True
        return False

    def _move(self, action: Execute) -> None:
        if action.intent is not None:
            self.happen(action.intent)
        why = self.fail.get(action.placement.service, "") if action.goal == self._goal(action) else ""
        if not why:
            self.see(action.placement, action.goal)
        state = MoveState.REVERTED if why else MoveState.DONE
        log = ("starting", f"\x1b]0;owned\x07{why}") if why else ()
        place = action.placement
        self.happen(ev.MoveEnded(action.change, place.service, place.host, action.step, state, why, log))
        if why:
            self.see(place, action.origin)

    def _goal(self, action: Execute) -> str:
        return self.snapshot.state.changes[action.change].item(action.placement.service).goal

    async def run(self) -> None:
        """Carry on until cancelled."""
        while True:
            if self.rolling:
                self.step()
            await asyncio.sleep(0.01)

    def info(self) -> EngineView:
        return {
            "organization": "acme",
            "version": "0",
            "engine": "engine1",
            "epoch": 1,
            "pid": os.getpid(),
            "started": None,
            "now": None,
            "inventory": "acme.yaml",
            "paused_by": self.snapshot.state.paused_by,
            "draining": False,
            "lag_ms": 0.5,
            "busy": 0,
            "waiting": len(self.plan.waits),
            "seq": len(self.store.events),
            "you": "",
            "roles": [],
        }

    async def submit(self, request: Request) -> Outcome:
        try:
            events, message = judge(self.snapshot, request)
        except RequestRefused as refusal:
            self.happen(turned_down(request, refusal))
            refusal.kept = True
            raise
        self.requests.append(request)
        self.happen(*events)
        accepted = tuple(event.change.id for event in events if isinstance(event, ev.ChangeAccepted))
        return Outcome(accepted[0] if accepted else "", message, accepted)

    async def keep_artifact(self, arriving: Arriving, pieces: AsyncIterator[bytes]) -> None:
        """Know it from now on, its bytes as its path."""
        data = b"".join([piece async for piece in pieces])
        new = Artifact(arriving.service, arriving.version, data.decode(), arriving.sha256, len(data), arriving.kind)
        known = self.snapshot.catalog.by_service
        more = {**known, arriving.service: {**known[arriving.service], arriving.version: new}}
        self.snapshot = replace(self.snapshot, catalog=Catalog(more))

    def note(self, event: RequestTurnedDown | JournalCopied) -> None:
        self.happen(event)

    def watch(self) -> AsyncIterator[News]:
        return self.watchers.listen()

    async def forecast(self, snapshot: Snapshot) -> Forecast | None:
        return forecast(snapshot)

    async def probe(self, hosts: Sequence[str]) -> None:
        self.probed.append(list(hosts))

    async def refresh_catalog(self) -> None:
        pass

    async def service_log(self, placement: PlacementId, lines: int) -> Sequence[str]:
        if placement.host in self.silent:
            raise HostUnreachable(f"{placement.host} does not answer")
        return (f"{placement} wrote this",)
