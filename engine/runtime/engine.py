"""The loop: look, plan, record the intent, act, record the outcome, look again.

Everything that happens outside (a request, a look at a host, the end of a move) is put into
the inbox; only ``step`` takes it out, decides, writes the journal and sets things going. What
others read (``snapshot``, ``plan``) is always what the journal already holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime

from engine.errors import InterlockError, RequestRefused, UsageError
from engine.model.event import ChangeAccepted, EngineStarted
from engine.model.inventory import Inventory
from engine.model.names import PlacementId
from engine.model.observation import Claim
from engine.model.release import Catalog
from engine.model.request import Outcome, Request
from engine.model.snapshot import Plan, Snapshot
from engine.plan.evolve import fold
from engine.plan.requests import judge
from engine.runtime.answering import Asked, answer_to, turned_down
from engine.runtime.contact import first_looks
from engine.runtime.deciding import decide
from engine.runtime.delivery import Delivery
from engine.runtime.draft import Draft
from engine.runtime.externals import Externals
from engine.runtime.intake import Fact, take_in
from engine.runtime.last_words import last_words
from engine.runtime.local_hook import RunLocal, run_local
from engine.runtime.observer import Look, Observer
from engine.runtime.ports import Chance, Clock
from engine.runtime.probes import Ask, Probes, ask
from engine.runtime.proving import Prover, Trusting, prove_wanted
from engine.runtime.since import Since
from engine.runtime.stager import Arrived, Stager
from engine.runtime.verifier import Verifier
from engine.runtime.watchers import News, Watchers
from engine.runtime.work import Done, Work
from engine.store.protocol import Loaded, Store
from engine.transport.protocol import Transport

SNAPSHOT_EVERY = 2000
TICK_S = 1.0
REST_S = 10.0
RESCAN_S = 5.0

STOPPING = "the engine is stopping; nothing was queued: ask the next one"

FindArtifacts = Callable[[Inventory], Awaitable[Catalog]]


class Engine:
    """One engine on one journal. ``start`` makes first contact, ``run`` loops until ``drain``
    (the next safe point) or ``halt`` (now); nothing is lost by either, nor by a crash."""

    def __init__(
        self,
        inventory: Inventory,
        loaded: Loaded,
        store: Store,
        transport: Transport,
        clock: Clock,
        chance: Chance,
        find_artifacts: FindArtifacts,
        asks: Ask = ask,
        prover: Prover | None = None,
        local: RunLocal = run_local,
    ) -> None:
        self.name = chance.name()
        self.started: datetime = clock.now()
        self.store = store
        self.transport = transport
        self.watchers = Watchers()
        self._clock = clock
        self._find_artifacts = find_artifacts
        self._journal_id = loaded.store
        self._seq = loaded.events[-1].seq if loaded.events else loaded.seq
        self._snapshot_seq = loaded.seq
        state = fold(loaded.state, loaded.events)
        self._born_s = clock.monotonic_s() - state.elapsed_s
        self.snapshot = Snapshot(inventory, Catalog(), state, clock.now(), state.elapsed_s)
        self.plan = Plan()
        self._since = Since()
        self._inbox: list[Asked | Fact] = []
        self._wake = asyncio.Event()
        self._halted = False
        self._scanned_s = clock.monotonic_s()
        self._probes = Probes(clock, chance, self.deliver, asks, lambda: self.plan.awaited_alarms)
        self._externals = Externals(chance, self.deliver)
        self._observer = Observer(transport, clock, chance, lambda: self.snapshot, self.deliver)
        self._verifier = Verifier(transport, clock, chance, lambda: self.snapshot, self.deliver)
        self._prover = prover or Trusting()
        delivery = Delivery(transport, self._prover, self.refresh_catalog)
        self._work = Work(transport, clock, self.watchers, self.deliver, lambda: self.snapshot, delivery, local)
        self._stager = Stager(delivery, self.deliver, lambda: self.snapshot)

    @property
    def seq(self) -> int:
        """The number of the last event in the journal."""
        return self._seq

    @property
    def activity(self) -> Work:
        """The steps being carried out now, by name, with their phases."""
        return self._work

    async def start(self, take_over: bool = False) -> None:
        """First contact: look at all hosts, take the next epoch, and claim every host that
        answers, before anything is moved."""
        self.snapshot = replace(self.snapshot, catalog=await self._find_artifacts(self.snapshot.inventory))
        hosts = self.snapshot.inventory.hosts
        looks = await first_looks(self._observer, hosts, self._clock)
        epochs = [look.report.claim.epoch for look in looks if look.report and look.report.claim]
        epoch = 1 + max([self.snapshot.state.epoch, *epochs])
        claim = Claim(self._journal_id, epoch, self.name)
        draft = self._draft()
        draft.record(EngineStarted(self._journal_id, epoch, self.name))
        await self._commit(draft)
        self._work.claim = self._observer.claim = self._stager.claim = claim
        self._observer.take_over = take_over
        await self._observer.look_at(look.host for look in looks if look.report)
        for look in looks:
            if not look.report:
                self.deliver(look)
        await self.step()
        self._follow(self.snapshot.inventory)

    async def run(self) -> None:
        """Step whenever something happened or time may have changed the answer; returns at
        the safe point after ``drain``, or at once after ``halt``."""
        while not self._halted and not (self.snapshot.draining and not self._work.names):
            restless = self.snapshot.state.is_restless or bool(self._work.names)
            clears_s = self.plan.clears_in_s(self._clock.now())
            try:
                async with asyncio.timeout(min(TICK_S if restless else REST_S, clears_s or REST_S)):
                    await self._wake.wait()
            except TimeoutError:
                pass
            every_s = TICK_S if self.plan.awaits_artifact else RESCAN_S
            if restless and self._clock.monotonic_s() - self._scanned_s >= every_s:
                await self.refresh_catalog()  # files come and go without a word
            await self.step()
        self._halted = True

    async def close(self) -> None:
        """Stop looking, leave steps to their hosts, keep a snapshot, end every watch."""
        await asyncio.gather(*(e.close() for e in (self._observer, self._verifier, self._probes, self._externals)))
        await asyncio.gather(self._work.close(), self._stager.close())
        self._refuse_rest()
        await self.store.save_snapshot(self._seq, self.snapshot.state)
        self.watchers.close()

    def drain(self) -> None:
        """Start nothing more; ``run`` returns once no placement is between two versions."""
        self.snapshot = replace(self.snapshot, draining=True)
        self._wake.set()

    def halt(self) -> None:
        """Stop now; what moves is taken up again by the next engine."""
        self._halted = True
        self._wake.set()

    async def submit(self, request: Request) -> Outcome:
        """Carry out a request; it is durable when this returns. Raises UsageError or
        RequestRefused, and then nothing has changed."""
        await self.refresh_catalog()
        if await prove_wanted(self._prover, self.snapshot.catalog, request):
            await self.refresh_catalog()  # what was found wrong stands there
        if self._halted:
            raise RequestRefused(STOPPING)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._inbox.append((request, future))
        self._wake.set()
        return await future

    async def refresh_catalog(self) -> None:
        """Look again which artifacts there are."""
        inventory, self._scanned_s = self.snapshot.inventory, self._clock.monotonic_s()
        catalog = await self._find_artifacts(inventory)
        if catalog != self.snapshot.catalog and inventory is self.snapshot.inventory:
            self.snapshot = replace(self.snapshot, catalog=catalog)

    async def reload(self, inventory: Inventory) -> None:
        """Take up a changed inventory; by itself it moves nothing."""
        if inventory.organization != self.snapshot.inventory.organization:
            raise UsageError(
                "an engine cannot change its organization: the old inventory is kept; start another engine"
            )
        catalog = await self._find_artifacts(inventory)
        await self.transport.reconfigure(inventory)
        self.snapshot = replace(self.snapshot, inventory=inventory, catalog=catalog)
        self._follow(inventory)
        self._wake.set()

    def _follow(self, inventory: Inventory) -> None:
        for each in (self._observer, self._verifier, self._probes, self._externals):
            each.follow(inventory)

    def watch(self) -> AsyncIterator[News]:
        """Events from now on."""
        return self.watchers.listen()

    async def probe(self, hosts: Iterable[str]) -> list[Look]:
        """Look at these hosts now; what is seen is in ``snapshot`` when this returns."""
        looks = await self._observer.look_at(hosts)
        self._verifier.poke(look.host for look in looks if look.report)
        await self._settled()
        return looks

    async def service_log(self, placement: PlacementId, lines: int) -> tuple[str, ...]:
        """The last lines that a service wrote on its host. Raises TransportError."""
        return await last_words(self.transport, self.snapshot, placement, lines)

    async def _settled(self) -> None:
        """Until the loop has taken in what is in the inbox now."""
        while self._inbox and not self._halted:
            self._wake.set()
            await asyncio.sleep(0.01)

    def deliver(self, news: Fact) -> None:
        """Something happened; the next step takes it in."""
        self._inbox.append(news)
        self._wake.set()

    def _draft(self) -> Draft:
        return Draft(self.snapshot.state, self._seq, self._clock.now(), self._clock.monotonic_s() - self._born_s)

    def _at(self, draft: Draft, executing: Iterable[str]) -> Snapshot:
        return replace(
            self.snapshot,
            state=draft.state,
            now=draft.at,
            elapsed_s=draft.elapsed_s,
            executing=frozenset(self._work.names | set(executing)),
            staging=self._stager.names,
        )

    async def step(self) -> None:
        """One turn: take in what happened, decide until nothing more is decided, make it
        durable, then act."""
        self._wake.clear()
        inbox, self._inbox = self._inbox, []
        draft = self._draft()
        answers: list[tuple[asyncio.Future[Outcome], Outcome | InterlockError]] = []
        for news in inbox:
            if isinstance(news, Fact):
                take_in(draft, news, self._work)
            else:
                answers.append((news[1], self._judge(draft, news[0])))
        acts = decide(draft, self._at, self.plan)
        await self._commit(draft)
        for news in inbox:
            if isinstance(news, Done):
                self._work.finish(news.move.step)
                self._observer.poke(news.move.placement.host)
            elif isinstance(news, Arrived):
                self._stager.finish(news.stage.name)
        self.snapshot = self._at(draft, acts.executes)
        self.plan = self._since.stamp(acts.plan, draft.at)
        for future, answer in answers:
            answer_to(future, answer)
        for execute in acts.executes.values():
            self._work.begin(execute)
        for stage in acts.stages:
            self._stager.begin(stage)

    def _judge(self, draft: Draft, request: Request) -> Outcome | InterlockError:
        try:
            events, message = judge(self._at(draft, ()), request)
        except InterlockError as refusal:
            if isinstance(refusal, RequestRefused):
                draft.record(turned_down(request, refusal))
                refusal.kept = True
            return refusal
        for event in events:
            draft.record(event)
        changes = tuple(event.change.id for event in events if isinstance(event, ChangeAccepted))
        return Outcome(changes[0] if changes else "", message, changes)

    async def _commit(self, draft: Draft) -> None:
        if not draft.events:
            return
        await self.store.append(draft.events)
        self._seq = draft.seq
        self.snapshot = replace(self.snapshot, state=draft.state)
        for recorded in draft.events:
            self.watchers.publish(recorded)
        if self._seq - self._snapshot_seq >= SNAPSHOT_EVERY:
            self._snapshot_seq = self._seq
            await self.store.save_snapshot(self._seq, draft.state)

    def _refuse_rest(self) -> None:
        for news in self._inbox:
            if isinstance(news, tuple):
                answer_to(news[1], RequestRefused(STOPPING))
        self._inbox.clear()
