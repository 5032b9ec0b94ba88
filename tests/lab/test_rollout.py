"""A rollout over twelve systemd hosts in three failure domains, watched from outside."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from pathlib import Path

from engine.inventory import load
from engine.model.change import Status
from engine.model.request import Pause, Promote, Resume
from engine.model.wait import Reason
from tests.lab.estate import Estate
from tests.lab.ways import WatchedTransport
from tests.lab.witness import listens, processes, sampling
from tests.runtime.running import Running, running_engine

PORT = 8710
HOSTS = [f"h{number}" for number in range(1, 13)]
DOMAINS = [HOSTS[0:4], HOSTS[4:8], HOSTS[8:12]]
QUICK = "min_healthy_time: 500ms, healthy_deadline: 30s, progress_deadline: 90s, confirm_timeout: 20s"
BY_HAND = f"{QUICK}, canary: 2, auto_promote: false, max_parallel: 50%, max_unavailable: 2"
STRATEGY = f"{QUICK}, canary: 1, bake: 1s, domain_order: [a, b, c], max_parallel: 2"


def declare(estate: Estate, rollout: str) -> Path:
    """web on all twelve hosts, which are dealt out to three domains."""
    return estate.inventory(estate.service("web", HOSTS, PORT, rollout=rollout), domains="aaaabbbbcccc")


Sample = dict[str, set[str]]


async def look(estate: Estate) -> Sample:
    """The versions that run and listen, by host."""
    host_of = {estate.lab.network(machine): machine.name for machine in estate.machines}
    up = await asyncio.gather(*(listens(estate.machine(host).address, PORT) for host in HOSTS))
    seen: Sample = {host: set() for host in HOSTS}
    for each in await asyncio.to_thread(processes):
        if up[HOSTS.index(host_of[each.network])]:
            seen[host_of[each.network]].add(each.version)
    return seen


async def test_twelve_hosts_move_as_their_strategies_say(estate: Estate, tmp_path: Path) -> None:
    """Domain by domain after a canary; then canaries that a person promotes, in batches that a budget
    of their own makes smaller, with a pause in the middle."""
    for version in ("1.0", "2.0", "3.0"):
        estate.artifact("web", version)
    ways: list[WatchedTransport] = []

    def watched(*arguments: object) -> WatchedTransport:
        ways.append(WatchedTransport(*arguments))  # type: ignore[arg-type]
        return ways[0]

    async with running_engine(
        declare(estate, f"{QUICK}, max_parallel: 12"), tmp_path / "state", ways=watched
    ) as running:
        first = await running.done(await running.deploy(web="1.0"), timeout_s=90)
        assert first.status is Status.SUCCEEDED, first.item("web").failure
        ways[0].calls.clear()
        await running.engine.reload(load(declare(estate, STRATEGY)))
        async with sampling(lambda: look(estate)) as samples:
            change = await running.done(await running.deploy(web="2.0"), timeout_s=120)
            assert change.status is Status.SUCCEEDED, change.item("web").failure
        moved = Counter(host for host, verb in ways[0].calls if verb in ("stage", "upload", "switch", "confirm"))
        assert set(moved) == set(HOSTS)
        assert max(moved.values()) <= 4, moved
        went_domain_by_domain(samples)
        await running.engine.reload(load(declare(estate, BY_HAND)))
        async with sampling(lambda: look(estate)) as samples:
            await promoted_and_paused_by_hand(estate, running)
        keeps_the_budget(samples)
    assert set().union(*(await look(estate)).values()) == {"3.0"}


def keeps_the_budget(samples: list[Sample]) -> None:
    """Never more than two down, and no host in two versions."""
    assert len(samples) > 30
    for sample in samples:
        down = {host for host, versions in sample.items() if not versions}
        assert len(down) <= 2, f"{down} are down at once, and two may be"
        assert all(len(versions) <= 1 for versions in sample.values()), sample


def went_domain_by_domain(samples: list[Sample]) -> None:
    """One domain at a time, and the canary before all."""
    keeps_the_budget(samples)
    for sample in samples:
        down = {host for host, versions in sample.items() if not versions}
        assert sum(not down.isdisjoint(hosts) for hosts in DOMAINS) <= 1, f"{down} are in several domains"
        _turns(sample)
    canaries = [sample for sample in samples if list(sample.values()).count({"2.0"}) == 1 and all(sample.values())]
    assert canaries
    assert all(sample["h1"] == {"2.0"} for sample in canaries)


async def promoted_and_paused_by_hand(estate: Estate, running: Running) -> None:
    """3.0: two canaries wait for a person; a pause stops at the next safe point until it is lifted."""
    change = await running.deploy(web="3.0")
    await running.until(lambda: any(wait.reason is Reason.PROMOTION_REQUIRED for wait in running.engine.plan.waits))
    assert at_three(await look(estate)) == 2
    await running.engine.submit(Promote("ana", change))
    await running.until(lambda: len(running.change(change).item("web").moves) > 2)
    await running.engine.submit(Pause("ana", change))
    await running.until(lambda: not running.engine.activity)
    paused = await look(estate)
    assert 2 < at_three(paused) < len(HOSTS)
    assert running.state("web@prod") == "paused"
    await asyncio.sleep(1)
    assert await look(estate) == paused
    await running.engine.submit(Resume("ana", change))
    done = await running.done(change, timeout_s=120)
    assert done.status is Status.SUCCEEDED, done.item("web").failure


def at_three(sample: Sample) -> int:
    """How many hosts run 3.0."""
    return list(sample.values()).count({"3.0"})


def _turns(sample: dict[str, set[str]]) -> None:
    """No domain begins before the one before it is through."""
    for earlier, later in itertools.pairwise(DOMAINS):
        through = all(sample[host] == {"2.0"} for host in earlier)
        begun = any(sample[host] != {"1.0"} for host in later)
        assert through or not begun, sample
