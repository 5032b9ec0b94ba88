"""The engine on real hosts: systemd, OpenSSH, sudo, power cuts. Fewer cases than on the embedded
fleet, and the ones that only a real machine can show.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.model.change import Status
from tests.lab.estate import Estate
from tests.runtime.running import EngineProcess, Running, eventually, running_engine

STORE, WEB = 8701, 8702
HOSTS = [f"h{n}" for n in range(1, 7)]
NEEDS = '    needs: [{service: store, version: ">=1"}, {service: store, version: ">=2", when: ">=2"}]\n'


@pytest.fixture
def inventory(estate: Estate) -> Path:
    """store on all six hosts, three at a time; web, which needs it, on two of them."""
    for version in ("1.0", "2.0"):
        estate.artifact("store", version)
        estate.artifact("web", version)
    estate.artifact("store", "3.0", "failing")
    quick = "min_healthy_time: 1s, healthy_deadline: 15s, progress_deadline: 60s, confirm_timeout: 10s"
    return estate.inventory(
        estate.service("store", HOSTS, STORE, rollout=f"max_parallel: 50%, {quick}")
        + estate.service("web", HOSTS[:2], WEB, NEEDS)
    )


async def install(running: Running) -> None:
    change = await running.done(await running.deploy(store="1.0", web="1.0"), timeout_s=120)
    assert change.status is Status.SUCCEEDED, [item.failure for item in change.items]


async def test_six_systemd_hosts_move_in_order_and_a_bad_version_is_taken_back(
    estate: Estate, inventory: Path, tmp_path: Path
) -> None:
    async with running_engine(inventory, tmp_path / "state") as running:
        await install(running)
        change = await running.done(await running.deploy(store="2.0", web="2.0"), timeout_s=120)
        assert change.status is Status.SUCCEEDED, [item.failure for item in change.items]
        ended = max(move.finished for move in change.item("store").moves.values() if move.finished)
        assert all(ended <= move.started for move in change.item("web").moves.values())
        assert {await asyncio.to_thread(estate.reported, host, STORE) for host in HOSTS} == {"2.0"}
        bad = await running.done(await running.deploy(store="3.0"), timeout_s=120)
        assert (bad.status, bad.item("store").status) == (Status.FAILED, Status.REVERTED)
        assert {await asyncio.to_thread(estate.reported, host, STORE) for host in HOSTS} == {"2.0"}
        assert "/healthz" in bad.item("store").failure


async def test_a_host_that_loses_power_in_mid_switch_converges_after_it_is_booted(
    estate: Estate, inventory: Path, tmp_path: Path
) -> None:
    async with running_engine(inventory, tmp_path / "state") as running:
        await install(running)
        change = await running.deploy(store="2.0")
        await running.until(lambda: any(step.phase == "switching" for step in running.engine.activity.values()))
        host = next(iter(running.change(change).item("store").moves))
        machine = estate.machine(host)
        await asyncio.to_thread(estate.lab.crash, machine)
        await asyncio.sleep(2)
        await asyncio.to_thread(estate.lab.boot, machine)
        done = await running.done(change, timeout_s=150)
        assert done.status is Status.SUCCEEDED, done.item("store").failure
        assert {await asyncio.to_thread(estate.reported, each, STORE) for each in HOSTS} == {"2.0"}


async def test_an_engine_killed_in_mid_rollout_goes_on_and_no_host_switches_twice(
    estate: Estate, inventory: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    async with running_engine(inventory, state) as running:
        await install(running)
    engine = await EngineProcess(inventory, state).ready()
    body: dict[str, object] = {"environment": "prod", "services": {"store": "2.0", "web": "2.0"}}
    change = (await engine.post("/v1/changes", body))["change"]
    await asyncio.sleep(1.5)
    await engine.kill()
    again = await EngineProcess(inventory, state).ready()

    async def is_done() -> bool:
        return (await again.get(f"/v1/changes/{change}"))["state"] == "succeeded"  # type: ignore[index]

    await eventually(is_done, 120, lambda: again.log.read_text()[-3000:])
    assert await again.terminate() == 0
    for host in HOSTS:
        history = "/opt/interlock/store/.interlock/history"
        lines = estate.lab.exec(estate.machine(host), "cat", history).splitlines()
        steps = [line.split()[0] for line in lines]
        assert len(steps) == len(set(steps)) == 2, steps
