"""A release for 24 hosts of the lab (systemd, OpenSSH), all at once, against the tools that people
have for it: what counts are the ratios, for all take turns on the same hosts.

Interlock checks, keeps a journal that is synced, has the dead man's switch on and confirms over a
fresh connection; the others do none of it. Its engine runs, as it does in life, and has its
connections; so has Ansible (ControlPersist). ``INTERLOCK_BENCH_HOSTS`` asks for fewer hosts.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from engine.model.change import Status
from engine.model.inventory import Inventory
from engine.model.request import Deploy
from engine.runtime.observer import Observer
from engine.runtime.ports import SystemChance, SystemClock
from tests.bench.peers.job import Peers, release
from tests.lab.estate import Estate
from tests.lab.machines import Lab, Machine, missing
from tests.lab.ways import WatchedTransport
from tests.runtime.running import Running, running_engine

TITLE = (
    "4 MB to all lab hosts at once; median seconds: cold <= 0.85x OpenSSH, 0.65x pyinfra, 0.13x Ansible; "
    "pre-staged <= 0.35x OpenSSH; observed <= 0.2x pyinfra, 0.06x Ansible; <= 4 calls"
)
HOSTS = int(os.environ.get("INTERLOCK_BENCH_HOSTS", "24"))
ROUNDS = 3
PORT = 8080
ADDRESS = f"http://127.0.0.1:{PORT}/VERSION"
AHEAD_S = 20.0  # how long before its time a change is asked for that is to be staged by then
SERVICE = f"""  demo:
    team: lab
    placement: {{prod: {{hosts: [{", ".join(f"h{number}" for number in range(1, HOSTS + 1))}]}}}}
    driver: systemd
    artifact: {{path: "artifacts/demo-{{version}}.tar.gz", sha256: artifacts/SHA256SUMS}}
    command: /usr/bin/python3 -m http.server {PORT} --bind 127.0.0.1
    health: {{http: "{ADDRESS}", version: "{ADDRESS}", interval: 1s, passes: 1}}
    rollout: {{max_parallel: 100%, max_unavailable: 100%, min_healthy_time: 0s, bake: 0s}}
"""


class Ours:
    """Interlock's engine, running over the same hosts."""

    def __init__(self, running: Running, ways: WatchedTransport, artifacts: Path) -> None:
        self._running = running
        self._ways = ways
        self._artifacts = artifacts
        self._before = 0
        engine = running.engine
        self._observer = Observer(ways, SystemClock(), SystemChance(), lambda: engine.snapshot, lambda look: None)

    async def roll_out(self, version: str) -> float:
        """A release that no host has seen."""
        self._new(version)
        began = time.perf_counter()
        change = await self._running.deploy(demo=version)
        await self._succeeds(change)
        return time.perf_counter() - began

    async def roll_out_staged(self, version: str) -> float:
        """A release that every host has by the time that its gate opens."""
        self._new(version)
        opens = datetime.now(UTC) + timedelta(seconds=AHEAD_S)
        request = Deploy("ana", "prod", {"demo": version}, not_before=opens)
        change = (await self._running.engine.submit(request)).change
        await self._running.until(lambda: self._verbs()["upload"] >= HOSTS, AHEAD_S)
        await asyncio.sleep((opens - datetime.now(UTC)).total_seconds())
        began = time.perf_counter()
        await self._succeeds(change)
        return time.perf_counter() - began

    async def observe(self) -> float:
        """One look at every host."""
        began = time.perf_counter()
        looks = await self._observer.look_at(self._running.engine.snapshot.inventory.hosts)
        assert all(look.report and look.report.sightings for look in looks)
        return time.perf_counter() - began

    def calls(self) -> int:
        """The most calls that one host's part in the last rollout took."""
        kinds = ("stage", "upload", "switch", "confirm")
        return max(Counter(host for host, verb in self._ways.calls[self._before :] if verb in kinds).values())

    def _new(self, version: str) -> None:
        self._before = len(self._ways.calls)
        path = release(self._artifacts, "demo", version)
        with (self._artifacts / "SHA256SUMS").open("a") as sums:
            sums.write(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")

    def _verbs(self) -> Counter[str]:
        return Counter(verb for _, verb in self._ways.calls[self._before :])

    async def _succeeds(self, change: str) -> None:
        done = await self._running.done(change, 300)
        assert done.status is Status.SUCCEEDED, done.item("demo").failure


@contextmanager
def _lab() -> Iterator[tuple[Lab, list[Machine]]]:
    why = missing()
    if why:
        raise SystemExit(f"the benchmark of rollouts was not run: {why}")
    lab = Lab()
    with lab.alone():
        try:
            yield lab, lab.up(HOSTS)
        finally:
            lab.down()


async def _rounds(lab: Lab, machines: list[Machine], folder: Path) -> list[dict[str, object]]:
    estate = Estate(lab, machines, folder)
    (folder / "artifacts").mkdir()
    (folder / "peers").mkdir()
    peers = Peers(lab, machines, folder / "peers")
    await asyncio.to_thread(peers.prepare)
    ways: list[WatchedTransport] = []

    def watched(inventory: Inventory, script: tuple[bytes, str]) -> WatchedTransport:
        ways.append(WatchedTransport(inventory, script))
        return ways[0]

    inventory = estate.inventory(SERVICE)
    inventory.write_text(inventory.read_text().replace("steady: 5s", "steady: 60s"))
    took: dict[tuple[str, str], list[float]] = {}
    calls = []
    async with running_engine(inventory, folder / "state", ways=watched) as running:
        ours = Ours(running, ways[0], folder / "artifacts")
        for number in range(ROUNDS + 1):  # the first is not counted: it makes users, folders, units
            for tool in ("openssh", "pyinfra", "ansible"):
                seconds = await asyncio.to_thread(peers.roll_out, tool, f"1.{number}")
                took.setdefault(("cold", tool), []).append(seconds)
            took.setdefault(("cold", "ours"), []).append(await ours.roll_out(f"1.{number}"))
            calls.append(ours.calls())
            took.setdefault(("pre-staged", "ours"), []).append(await ours.roll_out_staged(f"2.{number}"))
            for tool in ("pyinfra", "ansible"):
                took.setdefault(("observed", tool), []).append(await asyncio.to_thread(peers.observe, tool))
            took.setdefault(("observed", "ours"), []).append(await ours.observe())
    took["pre-staged", "openssh"] = took["cold", "openssh"]
    medians = {key: median(seconds[1:]) for key, seconds in took.items()}
    return [_row(job, medians, max(calls[1:]) if job == "cold" else "") for job in ("cold", "pre-staged", "observed")]


def _row(job: str, medians: dict[tuple[str, str], float], calls: object) -> dict[str, object]:
    ours = medians[job, "ours"]
    tools = ("openssh", "pyinfra", "ansible")
    seconds = {tool: round(medians[job, tool], 2) if (job, tool) in medians else "" for tool in tools}
    ratios = {f"of {tool}": round(ours / medians[job, tool], 3) if (job, tool) in medians else "" for tool in tools}
    return {"hosts": HOSTS, "job": job, "interlock": round(ours, 2), **seconds, **ratios, "calls": calls}


def measure() -> list[dict[str, object]]:
    """A row for each job."""
    with tempfile.TemporaryDirectory() as folder, _lab() as (lab, machines):
        return asyncio.run(_rounds(lab, machines, Path(folder)))
