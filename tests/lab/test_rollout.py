"""A rollout over twelve systemd hosts in three failure domains, watched from outside."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from pathlib import Path

from engine.model.change import Status
from tests.lab.estate import Estate
from tests.lab.ways import WatchedTransport
from tests.lab.witness import listens, processes, sampling
from tests.runtime.running import running_engine

PORT = 8710
HOSTS = [f"h{number}" for number in range(1, 13)]
DOMAINS = [HOSTS[0:4], HOSTS[4:8], HOSTS[8:12]]
QUICK = "min_healthy_time: 500ms, healthy_deadline: 30s, progress_deadline: 90s, confirm_timeout: 20s"
STRATEGY = f"{QUICK}, canary: 1, bake: 1s, domain_order: [a, b, c], max_parallel: 2"


def declare(estate: Estate, rollout: str) -> Path:
    """web on all twelve hosts, which are dealt out to three domains."""
    return estate.inventory(estate.service("web", HOSTS, PORT, rollout=rollout), domains="aaaabbbbcccc")


async def test_domains_take_turns_within_the_budget_and_a_placement_costs_four_calls(
    estate: Estate, tmp_path: Path
) -> None:
    for version in ("1.0", "2.0"):
        estate.artifact("web", version)
    async with running_engine(declare(estate, f"{QUICK}, max_parallel: 12"), tmp_path / "state") as running:
        first = await running.done(await running.deploy(web="1.0"), timeout_s=90)
        assert first.status is Status.SUCCEEDED, first.item("web").failure
    host_of = {estate.lab.network(machine): machine.name for machine in estate.machines}

    async def look() -> dict[str, set[str]]:
        """The versions that run and listen, by host."""
        addresses = [estate.machine(host).address for host in HOSTS]
        up = await asyncio.gather(*(listens(address, PORT) for address in addresses))
        running = await asyncio.to_thread(processes)
        seen: dict[str, set[str]] = {host: set() for host in HOSTS}
        for each in running:
            if up[HOSTS.index(host_of[each.network])]:
                seen[host_of[each.network]].add(each.version)
        return seen

    ways: list[WatchedTransport] = []

    def watched(*arguments: object) -> WatchedTransport:
        ways.append(WatchedTransport(*arguments))  # type: ignore[arg-type]
        return ways[0]

    async with (
        running_engine(declare(estate, STRATEGY), tmp_path / "state", take_over=True, ways=watched) as running,
        sampling(look) as samples,
    ):
        change = await running.done(await running.deploy(web="2.0"), timeout_s=120)
        assert change.status is Status.SUCCEEDED, change.item("web").failure
    assert set().union(*(await look()).values()) == {"2.0"}
    moved = Counter(host for host, verb in ways[0].calls if verb in ("stage", "upload", "switch", "confirm"))
    assert set(moved) == set(HOSTS)
    assert max(moved.values()) <= 4, moved
    assert len(samples) > 30
    for sample in samples:
        down = {host for host, versions in sample.items() if not versions}
        assert len(down) <= 2, f"{down} are down at once, and two may be"
        assert all(len(versions) <= 1 for versions in sample.values()), sample
        assert sum(not down.isdisjoint(hosts) for hosts in DOMAINS) <= 1, f"{down} are in several domains"
        _turns(sample)
    canaries = [sample for sample in samples if list(sample.values()).count({"2.0"}) == 1 and all(sample.values())]
    assert canaries
    assert all(sample["h1"] == {"2.0"} for sample in canaries)


def _turns(sample: dict[str, set[str]]) -> None:
    """No domain begins before the one before it is through."""
    for earlier, later in itertools.pairwise(DOMAINS):
        through = all(sample[host] == {"2.0"} for host in earlier)
        begun = any(sample[host] != {"1.0"} for host in later)
        assert through or not begun, sample
