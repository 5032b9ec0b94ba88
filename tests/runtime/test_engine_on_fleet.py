"""The engine against real SSH servers and real processes: a rollout from request to version
reported, and what becomes of it when versions, links, hosts and engines fail.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from engine import inventory as inventories
from engine.errors import RequestRefused, StoreLocked, UsageError
from engine.fleet.embedded import EmbeddedFleet
from engine.model.access import RequestTurnedDown
from engine.model.change import MoveState, Status
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.observation import Reach
from engine.model.request import Cancel, Deploy, Pause, Resume, Rollback
from engine.model.wait import Reason
from engine.transport.pace import Pace
from engine.transport.ssh import SshTransport
from tests.runtime.fleets import quick_fleet
from tests.runtime.running import Running, running_engine, switches

CONFIG, FLAGS, EVENTS = 8101, 8102, 8111


def hosts_of(running: Running, service: str) -> list[str]:
    inventory = running.engine.snapshot.inventory
    return [placement.host for placement in inventory.placements(InstanceId(service, "prod"))]


def port_of(running: Running, service: str) -> int:
    return int(running.engine.snapshot.inventory.services[service].configuration.command.rpartition(":")[2])


async def reported(running: Running, fleet: EmbeddedFleet, service: str) -> set[str | None]:
    port = port_of(running, service)
    return {await fleet.reported(host, port) for host in hosts_of(running, service)}


async def test_a_rollout_follows_the_order_of_versions_placement_by_placement(
    running: Running, fleet: EmbeddedFleet
) -> None:
    change = await running.done(await running.deploy(config="1.9.0", events="5.5.0", flags="3.2.0"))
    assert change.status is Status.SUCCEEDED
    moves = sorted((move.started, item.service, move.finished) for item in change.items for move in item.moves.values())
    assert [service for _, service, _ in moves] == ["events", "events", "config", "config", "flags", "flags"]
    for (_, _, ended), (begun, _, _) in itertools.pairwise(moves):
        assert ended is not None
        assert ended <= begun
    for service, version in {"config": "1.9.0", "events": "5.5.0", "flags": "3.2.0"}.items():
        assert await reported(running, fleet, service) == {version}
        assert running.state(f"{service}@prod") == "converged"
    for host in hosts_of(running, "config"):
        assert len(switches(fleet.home(host), "interlock", "config")) == 1


async def test_a_version_that_never_becomes_healthy_is_taken_back_and_the_rest_held(tmp_path: Path) -> None:
    async with (
        quick_fleet(tmp_path / "fleet", healthy_deadline="8s") as fleet,
        running_engine(fleet.inventory, fleet.state) as running,
    ):
        for service in ("events", "config"):
            await running.done(await running.deploy(**{service: {"events": "5.5.0", "config": "1.9.0"}[service]}))
        change = await running.done(await running.deploy(flags="3.3.0"), timeout_s=90)
        assert change.status is Status.FAILED
        item = change.item("flags")
        assert item.status is Status.REVERTED
        assert await reported(running, fleet, "flags") == {"3.1.0"}
        await running.until(lambda: running.state("flags@prod") == "converged")
        first_host = hosts_of(running, "flags")[0]
        assert first_host in item.failure
        assert "/healthz" in item.failure
        assert f"{first_host}| " in item.failure


async def test_a_rollback_returns_to_the_last_good_version(running: Running, fleet: EmbeddedFleet) -> None:
    mended = fleet.home(hosts_of(running, "events")[0]) / "interlock/events/releases/5.4.0/MENDED_BY_HAND"
    mended.touch()
    await running.done(await running.deploy(events="5.5.0"))
    outcome = await running.engine.submit(Rollback("ana", "events@prod"))
    change = await running.done(outcome.change)
    assert (change.status, change.item("events").goal) == (Status.SUCCEEDED, "5.4.0")
    assert await reported(running, fleet, "events") == {"5.4.0"}
    assert mended.exists()  # what was adopted comes back, not the artifact that bears its name


async def test_pause_stops_at_the_safe_point_resume_goes_on(running: Running, fleet: EmbeddedFleet) -> None:
    change = await running.deploy(events="5.5.0")
    await running.until(lambda: running.change(change).item("events").moves)
    await running.engine.submit(Pause("ana", change))
    await running.until(lambda: not running.engine.activity)
    assert running.change(change).status is Status.PAUSED
    assert len(running.change(change).item("events").moves) == 1
    assert {wait.reason for wait in running.engine.plan.waits} == {Reason.PAUSED}
    await running.engine.submit(Resume("ana", change))
    assert (await running.done(change)).status is Status.SUCCEEDED


async def test_requests_that_cannot_be_granted_change_nothing(running: Running) -> None:
    before = running.engine.seq
    with pytest.raises(UsageError, match="did you mean config"):
        await running.deploy(confg="1.9.0")
    with pytest.raises(UsageError, match="did you mean prod"):
        await running.deploy("prd", config="1.9.0")
    with pytest.raises(RequestRefused, match=r"known versions: 1\.9\.1, 1\.9\.0"):
        await running.deploy(config="9.9.9")
    with pytest.raises(UsageError, match="there is no change 77"):
        await running.engine.submit(Cancel("ana", "77"))
    with pytest.raises(RequestRefused, match="no earlier good version"):
        await running.engine.submit(Rollback("ana", "config@prod"))
    told = await running.engine.store.read(after=before, limit=10)
    assert {type(recorded.event) for recorded in told} == {RequestTurnedDown}  # for the audit, and nothing else


async def test_what_waits_can_be_cancelled_and_says_why_it_waited(running: Running) -> None:
    change = await running.deploy(config="1.9.0")  # events 5.4 refuses config 1.9
    await running.until(lambda: running.engine.plan.waits)
    (wait,) = running.engine.plan.waits
    assert wait.reason is Reason.DEPENDENCY_VERSION
    assert "interlock deploy events=" in wait.unblock
    await running.engine.submit(Cancel("ana", change))
    assert running.change(change).status is Status.CANCELLED
    assert running.state("config@prod") == "converged"


async def test_a_link_cut_during_the_switch_is_healed_without_a_second_switch(
    running: Running, fleet: EmbeddedFleet
) -> None:
    change = await running.deploy(events="5.5.0")
    host = hosts_of(running, "events")[0]
    await running.until(lambda: any(each.phase == "switching" for each in running.engine.activity.values()))
    await fleet.cut(host)
    await running.until(lambda: not running.engine.activity)
    assert running.change(change).item("events").moves[host].state is MoveState.MOVING
    await running.until(lambda: Reason.HOST_UNREACHABLE in {wait.reason for wait in running.engine.plan.waits})
    await asyncio.sleep(0.3)
    await fleet.heal(host)
    assert (await running.done(change)).status is Status.SUCCEEDED
    assert len(switches(fleet.home(host), "interlock", "events")) == 1


async def test_a_frozen_host_holds_its_own_services_and_nobody_elses(fleet: EmbeddedFleet) -> None:
    def impatient(inventory: Inventory, script: tuple[bytes, str]) -> SshTransport:
        return SshTransport(inventory, script, Pace(connect_s=3.0, keepalive_s=1.0))  # else half a minute

    async with running_engine(fleet.inventory, fleet.state, ways=impatient) as running:
        host = hosts_of(running, "events")[1]
        await fleet.freeze(host)
        await running.engine.probe([host])
        change = await running.deploy(events="5.5.0")
        other = await running.deploy("staging", config="1.9.1")
        assert (await running.done(other)).status is Status.SUCCEEDED
        # one of two is down already, and no more than one may be: the other is not touched
        waits = [wait for wait in running.engine.plan.waits if wait.change == change]
        assert {wait.reason for wait in waits} == {Reason.HOST_UNREACHABLE}
        assert running.change(change).item("events").moves == {}
        await fleet.heal(host)
        assert (await running.done(change, timeout_s=90)).status is Status.SUCCEEDED


async def test_an_artifact_that_vanishes_blames_no_host_and_is_seen_when_it_is_back(
    running: Running, fleet: EmbeddedFleet
) -> None:
    path = Path(next(a.path for a in [running.engine.snapshot.catalog.find("events", "5.5.0")] if a))
    content = path.read_bytes()
    change = await running.deploy(events="5.5.0")
    path.unlink()  # between acceptance and upload: the catalog still has it
    await running.until(lambda: {wait.reason for wait in running.engine.plan.waits} == {Reason.ARTIFACT_MISSING})
    assert all(host.reach is Reach.UP for host in running.engine.snapshot.state.hosts.values())
    path.write_bytes(content)
    assert (await running.done(change)).status is Status.SUCCEEDED


async def test_an_artifact_that_changes_after_its_acceptance_holds_the_change_until_it_is_mended(
    running: Running, fleet: EmbeddedFleet
) -> None:
    path = Path(next(a.path for a in [running.engine.snapshot.catalog.find("events", "5.5.0")] if a))
    content = path.read_bytes()
    change = await running.deploy(events="5.5.0")
    path.write_bytes(content + b"x")
    await running.until(lambda: {wait.reason for wait in running.engine.plan.waits} == {Reason.ARTIFACT_UNVERIFIED})
    seq = running.engine.seq
    await asyncio.sleep(2.5)
    assert running.engine.seq <= seq + 2, "it is tried again and again"
    assert running.change(change).status is Status.RUNNING
    with pytest.raises(RequestRefused, match="sha256"):
        await running.deploy(events="5.5.0")
    path.write_bytes(content)
    assert (await running.done(change)).status is Status.SUCCEEDED


async def test_a_second_engine_on_the_same_state_refuses_to_start(running: Running, fleet: EmbeddedFleet) -> None:
    with pytest.raises(StoreLocked):
        async with running_engine(fleet.inventory, fleet.state):
            pass


async def test_an_engine_with_another_journal_is_fenced_until_it_takes_over(
    running: Running, fleet: EmbeddedFleet, tmp_path: Path
) -> None:
    async with running_engine(fleet.inventory, tmp_path / "other") as other:
        change = await other.deploy(events="5.5.0")
        await other.until(lambda: any("unfenced" in wait.message for wait in other.engine.plan.waits))
        assert other.change(change).item("events").moves == {}
        assert "--take-over" in next(iter(other.engine.plan.waits)).message
    async with running_engine(fleet.inventory, tmp_path / "other", take_over=True) as other:
        assert (await other.done(change)).status is Status.SUCCEEDED
        stale = await running.deploy(events="5.6.0")
        await running.until(lambda: any("unfenced" in wait.message for wait in running.engine.plan.waits))
        assert all(move.state is MoveState.MOVING for move in running.change(stale).item("events").moves.values())
        assert await reported(running, fleet, "events") == {"5.5.0"}


async def test_a_reload_takes_up_new_limits_and_moves_nothing(running: Running, fleet: EmbeddedFleet) -> None:
    before = running.engine.seq
    inventory = inventories.load(fleet.inventory)
    await running.engine.reload(replace(inventory, limits=replace(inventory.limits, rollouts=1)))
    await asyncio.sleep(0.3)
    assert running.engine.seq == before
    with pytest.raises(UsageError):
        await running.engine.reload(replace(inventory, organization="other"))


async def test_asking_an_engine_that_has_stopped_is_refused(running: Running) -> None:
    running.engine.halt()
    await asyncio.sleep(0.1)
    with pytest.raises(RequestRefused, match="stopping"):
        await running.engine.submit(Deploy("ana", "prod", {"config": "1.9.0"}))
