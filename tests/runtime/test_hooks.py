"""Hooks on a real fleet: a balancer that drains placements for another host, a migration, and an engine that
is killed in the middle of either.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from engine.errors import StoreLocked
from engine.fleet.embedded import EmbeddedFleet
from engine.model.change import Status
from engine.model.hook import HookState
from engine.model.request import SettleHook
from engine.model.wait import Reason
from engine.store.sqlite import SqliteStore
from tests.runtime.fleets import quick_fleet
from tests.runtime.running import EngineProcess, Running, eventually, running_engine


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[EmbeddedFleet]:
    """config, on two prod hosts and one for staging."""
    async with quick_fleet(tmp_path / "fleet", services=1, hosts=3) as fleet:
        yield fleet


def declare(fleet: EmbeddedFleet, **hooks: object) -> None:
    """Give the service ``config`` these hooks."""
    for file in sorted(fleet.inventory.glob("*.yaml")):
        document = yaml.load(file.read_text(), yaml.BaseLoader)
        if "config" in document.get("services", {}):
            document["services"]["config"]["hooks"] = hooks
            file.write_text(yaml.safe_dump(document))


def saying(book: Path, *words: str) -> dict[str, object]:
    """A hook that writes a line into a book that outlives everybody."""
    return {"command": ["sh", "-c", f'echo "$*" >>{book}', "sh", *words]}


def told(book: Path) -> list[str]:
    return book.read_text().splitlines() if book.exists() else []


def placed(running: Running) -> list[str]:
    return list(running.engine.snapshot.inventory.services["config"].hosts["prod"])


async def test_a_rollout_migrates_once_and_drains_each_placement_at_its_balancer(
    fleet: EmbeddedFleet, tmp_path: Path
) -> None:
    book = tmp_path / "book"
    balancer = next(name for name in fleet.addresses if name.startswith("staging"))
    declare(
        fleet,
        once={"command": ["sh", "-c", f'echo "once $(cat VERSION)" >>{book}']},
        drain={**saying(book, "drain", "{host}"), "on": balancer},
        undrain={**saying(book, "undrain", "{host}", "{version}"), "on": balancer},
        post={**saying(book, "post", "{service}"), "on": "engine"},
    )
    async with running_engine(fleet.inventory, fleet.state) as running:
        change = await running.done(await running.deploy(config="1.9.0"))
        assert change.status is Status.SUCCEEDED
        first, second = [run.host for run in change.hooks.values() if run.hook.value == "drain"]
        assert told(book) == [
            "once 1.9.0",
            *(f"drain {first}", f"undrain {first} 1.9.0", "post config"),
            *(f"drain {second}", f"undrain {second} 1.9.0", "post config"),
        ]
        assert {run.on for run in change.hooks.values()} == {first, balancer, "engine"}
        assert running.state("config@prod") == "converged"
        assert list((fleet.home(balancer) / "interlock/config/.interlock/hooks").iterdir())


async def test_an_undrain_that_fails_keeps_the_rollout_where_it_is_until_it_succeeds(
    fleet: EmbeddedFleet, tmp_path: Path
) -> None:
    mended = tmp_path / "mended"
    declare(fleet, drain={"command": ["true"]}, undrain={"command": ["sh", "-c", f"echo no way; test -e {mended}"]})
    async with running_engine(fleet.inventory, fleet.state) as running:
        change = await running.deploy(config="1.9.0")
        await running.until(lambda: any("next try in" in wait.message for wait in running.engine.plan.waits))
        assert len(running.change(change).item("config").moves) == 1
        mended.touch()
        await running.engine.submit(SettleHook("ana", change, again=True))
        done = await running.done(change)
        assert done.status is Status.SUCCEEDED
        failed = [run for run in done.hooks.values() if run.log]
        assert failed[0].log == ("no way",)


async def test_a_failed_drain_switches_nothing_and_is_undone(fleet: EmbeddedFleet, tmp_path: Path) -> None:
    book = tmp_path / "book"
    declare(
        fleet,
        drain={"command": ["sh", "-c", "echo connections are left; exit 3"]},
        undrain=saying(book, "undrain", "{host}"),
    )
    async with running_engine(fleet.inventory, fleet.state) as running:
        before = {host: await fleet.reported(host, 8101) for host in placed(running)}
        change = await running.done(await running.deploy(config="1.9.0"))
        assert change.status is Status.FAILED
        assert "it ended with status 3; nothing was switched" in change.item("config").failure
        assert "| connections are left" in change.item("config").failure
        assert told(book) == [f"undrain {next(iter(change.item('config').moves))}"]
        assert {host: await fleet.reported(host, 8101) for host in placed(running)} == before
        assert running.engine.snapshot.state.drained == {}


async def over(engine: EngineProcess, state: str) -> None:
    """Until change 1 is in that state."""

    async def is_there() -> bool:
        view = await engine.get("/v1/changes/1")
        assert isinstance(view, dict)
        return bool(view["state"] == state)

    await eventually(is_there, 60.0, engine.log.read_text)


async def test_an_engine_killed_in_the_middle_of_a_migration_on_a_host_asks_for_its_result(
    fleet: EmbeddedFleet, tmp_path: Path
) -> None:
    book, go_on = tmp_path / "book", tmp_path / "go-on"
    words = f"echo once >>{book}; while ! test -e {go_on}; do sleep 0.1; done; echo done >>{book}"
    declare(fleet, once={"command": ["sh", "-c", words]})
    engine = await EngineProcess(fleet.inventory, fleet.state).ready()
    await engine.post("/v1/changes", {"environment": "prod", "services": {"config": "1.9.0"}})
    await eventually(lambda: asyncio.to_thread(book.exists), 30.0)
    await engine.kill()
    go_on.touch()
    engine = await EngineProcess(fleet.inventory, fleet.state).ready()
    await over(engine, "succeeded")
    assert told(book) == ["once", "done"]
    assert await engine.terminate() == 0


async def unlocked(state: Path) -> bool:
    """Whether nobody holds the journal."""
    try:
        store = await SqliteStore.open(state)
    except StoreLocked:
        return False
    await store.close()
    return True


async def test_an_engine_killed_in_the_middle_of_a_migration_beside_it_waits_for_a_person(
    fleet: EmbeddedFleet, tmp_path: Path
) -> None:
    book = tmp_path / "book"
    declare(fleet, once={"command": ["sh", "-c", f"echo $$ >>{book}; exec sleep 600"], "on": "engine"})
    engine = await EngineProcess(fleet.inventory, fleet.state).ready()
    await engine.post("/v1/changes", {"environment": "prod", "services": {"config": "1.9.0"}})
    await eventually(lambda: asyncio.to_thread(lambda: bool(told(book))), 30.0)
    await engine.kill()
    try:
        await eventually(lambda: unlocked(fleet.state), 30.0)  # a forked child may not have let go yet
        async with running_engine(fleet.inventory, fleet.state) as running:
            await running.until(lambda: any(w.reason is Reason.HOOK_UNKNOWN for w in running.engine.plan.waits))
            (run,) = running.change("1").hooks.values()
            assert run.state is HookState.UNKNOWN
            await running.engine.submit(SettleHook("ana", "1", again=False))
            assert (await running.done("1")).status is Status.SUCCEEDED
    finally:
        (pid,) = told(book)  # once, and it outlived its engine
        os.kill(int(pid), signal.SIGKILL)
