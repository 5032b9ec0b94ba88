"""The engine as its hardened unit on a host of its own, and systemd's watchdog over it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from engine.api.client import Client
from tests.lab.engine_host import EngineHost
from tests.lab.estate import Estate
from tests.lab.witness import Ledger, running
from tests.runtime.running import eventually

PORT = 8790
HOSTS = ["h2", "h3", "h4", "h5"]
# Nothing is put back while the engine is away: what was begun is confirmed by the next one.
ROLLOUT = (
    "max_parallel: 2, min_healthy_time: 500ms, healthy_deadline: 15s, progress_deadline: 60s, confirm_timeout: 60s"
)


async def test_a_unit_that_hangs_is_ended_by_the_watchdog_and_the_next_goes_on(estate: Estate) -> None:
    for version in ("1.0", "2.0"):
        estate.artifact("unit", version)
    estate.known_hosts()
    inventory = estate.inventory(
        estate.service("unit", HOSTS, PORT, rollout=ROLLOUT),
        trust="  identity: ./id_ed25519\n  known_hosts: ./known_hosts\n",
    )
    engine = EngineHost(estate, estate.machine("h1"))
    try:
        await asyncio.to_thread(engine.install, inventory, "5s")
        # With Type=notify this returns when the engine says that it is ready, and not before.
        await asyncio.to_thread(engine.run, "systemctl", "start", engine.unit)
        hardened(engine)
        await asyncio.to_thread(engine.interlock, "deploy", "unit=1.0", "--wait", "--timeout", "60s")
        assert running("unit") == {"1.0"}
        deployed = await asyncio.to_thread(engine.interlock, "-o", "json", "deploy", "unit=2.0")
        await estate.until(lambda: running("unit") == {"1.0", "2.0"})
        assert engine.shown("NRestarts") == "0", "it gave no sign of life while it was well"
        first = engine.shown("MainPID")
        await asyncio.to_thread(engine.run, "kill", "-STOP", first)
        await estate.until(lambda: engine.shown("NRestarts") != "0" and engine.shown("ActiveState") == "active", 60)
        assert engine.shown("MainPID") != first
        assert "watchdog" in engine.run("journalctl", "--no-pager", "-o", "cat", "-u", engine.unit).lower()
        await succeeded(engine.socket, json.loads(deployed)["change"])
    finally:
        await asyncio.to_thread(engine.remove)
    assert running("unit") == {"2.0"}
    for host in HOSTS:
        ledger = Ledger(estate, host, "unit")
        assert [goal for _, goal in ledger.steps()] == ["1.0", "2.0"], ledger.steps()
        assert ledger.starts() == {"1.0": 1, "2.0": 1}


async def succeeded(socket: Path, change: str) -> None:
    """Wait until the change has."""
    client = Client(str(socket))

    async def is_done() -> bool:
        shown = await asyncio.to_thread(client.get, f"/v1/changes/{change}")
        return bool(shown["state"] == "succeeded")

    await eventually(is_done, 60)


def hardened(engine: EngineHost) -> None:
    """What the kernel says of the engine's process, and of its socket."""
    status = engine.estate.lab.inside(engine.machine) / "proc" / engine.shown("MainPID") / "status"
    told = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
    (user,) = set(told["Uid"].split())
    assert user == engine.run("id", "-u", "interlock").strip() != "0"
    assert (told["NoNewPrivs"], told["Seccomp"]) == ("1", "2")
    assert {told[name].strip("0") for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {""}
    listing = engine.run("stat", "-c", "%A %G", "/run/interlock/lab/engine.sock").split()
    assert listing == ["srw-rw----", "interlock"]
