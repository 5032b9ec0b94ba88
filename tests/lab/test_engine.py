"""The engine on real hosts: systemd, OpenSSH, sudo, power cuts. Fewer cases than on the embedded
fleet, and the ones that only a real machine can show.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.model.change import Status
from tests.lab.estate import Estate
from tests.lab.together import Played, side_by_side
from tests.lab.witness import Ledger, processes
from tests.runtime.running import EngineProcess, Running, eventually, running_engine

STORE, WEB = 8701, 8702
NEEDS = '    needs: [{service: store, version: ">=1"}, {service: store, version: ">=2", when: ">=2"}]\n'


def declare(estate: Estate, confirm: str = "10s") -> Path:
    """store on all six hosts of the estate, three at a time; web, which needs it, on two of them."""
    for version in ("1.0", "2.0", "4.0"):
        estate.artifact("store", version)
        estate.artifact("web", version)
    estate.artifact("store", "3.0", "failing")
    quick = f"min_healthy_time: 500ms, healthy_deadline: 15s, progress_deadline: 60s, confirm_timeout: {confirm}"
    hosts = [machine.name for machine in estate.machines]
    return estate.inventory(
        estate.service("store", hosts, STORE, rollout=f"max_parallel: 50%, {quick}")
        + estate.service("web", hosts[:2], WEB, NEEDS, rollout=quick)
    )


async def install(running: Running) -> None:
    change = await running.done(await running.deploy(store="1.0", web="1.0"), timeout_s=120)
    assert change.status is Status.SUCCEEDED, [item.failure for item in change.items]


async def reported(estate: Estate) -> set[str]:
    """The versions that store itself reports, on all hosts."""
    hosts = [machine.name for machine in estate.machines]
    return set(await asyncio.gather(*(asyncio.to_thread(estate.reported, host, STORE) for host in hosts)))


async def six_hosts_move_in_order_and_a_bad_version_is_taken_back(estate: Estate) -> None:
    async with running_engine(declare(estate), estate.folder / "state") as running:
        await install(running)
        change = await running.done(await running.deploy(store="2.0", web="2.0"), timeout_s=120)
        assert change.status is Status.SUCCEEDED, [item.failure for item in change.items]
        ended = max(move.finished for move in change.item("store").moves.values() if move.finished)
        assert all(ended <= move.started for move in change.item("web").moves.values())
        assert await reported(estate) == {"2.0"}
        bad = await running.done(await running.deploy(store="3.0"), timeout_s=120)
        assert (bad.status, bad.item("store").status) == (Status.FAILED, Status.REVERTED)
        assert await reported(estate) == {"2.0"}
        assert "/healthz" in bad.item("store").failure


async def a_host_loses_power_in_mid_switch_and_then_the_engine_is_killed(estate: Estate) -> None:
    """The host converges once it is booted; the next engine goes on, and no host switches twice."""
    state = estate.folder / "state"
    inventory = declare(estate, confirm="60s")  # longer than any engine is away: nothing may be put back
    async with running_engine(inventory, state) as running:
        await install(running)
        await loses_power(estate, running)
    before = {machine.name: Ledger(estate, machine.name, "store").steps() for machine in estate.machines}
    engine = await EngineProcess(inventory, state).ready()
    body: dict[str, object] = {"environment": "prod", "services": {"store": "4.0", "web": "4.0"}}
    change = (await engine.post("/v1/changes", body))["change"]
    await estate.until(lambda: "4.0" in running_versions("store", estate))
    await engine.kill()
    again = await EngineProcess(inventory, state).ready()

    async def is_done() -> bool:
        return (await again.get(f"/v1/changes/{change}"))["state"] == "succeeded"  # type: ignore[index]

    await eventually(is_done, 120, lambda: again.log.read_text()[-3000:])
    assert await again.terminate() == 0
    for host, earlier in before.items():
        steps = Ledger(estate, host, "store").steps()
        assert [goal for _, goal in steps[len(earlier) :]] == ["4.0"], steps
        assert len(set(steps)) == len(steps), steps


async def loses_power(estate: Estate, running: Running) -> None:
    change = await running.deploy(store="2.0")
    await running.until(lambda: any(step.phase == "switching" for step in running.engine.activity.values()))
    host = next(iter(running.change(change).item("store").moves))
    machine = estate.machine(host)
    await asyncio.to_thread(estate.lab.crash, machine)
    await asyncio.sleep(1)
    await asyncio.to_thread(estate.lab.boot, machine)
    done = await running.done(change, timeout_s=150)
    assert done.status is Status.SUCCEEDED, done.item("store").failure
    assert await reported(estate) == {"2.0"}


def running_versions(service: str, estate: Estate) -> set[str]:
    """The versions of a service that run on the estate's hosts."""
    networks = {estate.lab.network(machine) for machine in estate.machines}
    return {each.version for each in processes() if each.service == service and each.network in networks}


SCENES = side_by_side(
    (six_hosts_move_in_order_and_a_bad_version_is_taken_back, 6),
    (a_host_loses_power_in_mid_switch_and_then_the_engine_is_killed, 6),
)


@pytest.mark.parametrize("scene", SCENES)
def test_an_engine_on_six_systemd_hosts(played: Played, scene: str) -> None:
    played.tell(scene)
