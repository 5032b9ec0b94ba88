"""A change that several causes hold moves within a second of the last of them, whichever it is:
a real engine, real SSH, the clock on the wall. And ``why`` names exactly those that are left.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.model.alarm import AlarmPolicy
from engine.model.consent import ApprovalPolicy
from engine.model.inventory import Inventory
from engine.model.request import Approve
from engine.model.scope import Scope
from engine.model.wait import Reason
from engine.model.window import Entry, Freeze, Hours, Schedule, WindowPolicy
from engine.plan.why import why
from tests.runtime.fleets import quick_fleet
from tests.runtime.running import Running, running_engine

FLAGS = Scope(services=("flags",))
TURNS = ("3.1.0", "3.0.4")  # it runs 3.1.0


def now() -> datetime:
    return datetime.now(UTC)


def opening(at: datetime) -> dict[str, WindowPolicy]:
    """A window that opens at a whole second, for hours."""
    begin_s = at.hour * 3600 + at.minute * 60 + at.second
    entry = Entry(UTC, hours=(Hours(begin_s, begin_s + 4 * 3600),))
    return {"soon": WindowPolicy("soon", Schedule((entry,)), FLAGS)}


def ending(at: datetime) -> dict[str, Freeze]:
    return {"short": Freeze("short", at - timedelta(hours=1), at, FLAGS)}


def soon(seconds: int) -> datetime:
    return now().replace(microsecond=0) + timedelta(seconds=seconds)


class Held:
    """The estate whose change of ``flags`` is held, again and again by something else."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.free: Inventory = running.engine.snapshot.inventory
        self.turn = 0

    async def deploy(self, held: Inventory) -> str:
        await self.running.engine.reload(held)
        self.turn += 1
        return await self.running.deploy(flags=TURNS[self.turn % 2])

    def left(self, change: str) -> list[Reason]:
        """What ``why`` names, in its order."""
        return [wait.reason for wait in why(self.running.engine.snapshot, self.running.engine.plan, change).waits]

    async def only(self, change: str, *reasons: Reason) -> None:
        """Until exactly these are left."""
        await self.running.until(lambda: sorted(self.left(change)) == sorted(reasons), timeout_s=30)

    async def moves(self, change: str, cleared: datetime) -> None:
        """It has begun within a second of that."""
        await self.running.until(lambda: self.running.change(change).started, timeout_s=30)
        started = self.running.change(change).started
        assert started is not None
        assert timedelta(0) <= started - cleared < timedelta(seconds=1), (started, cleared)
        await self.running.done(change)


async def all_five(held: Held, away: Path) -> None:
    window, freeze = soon(6), soon(8)
    inventory = replace(
        held.free,
        windows=opening(window),
        freezes=ending(freeze),
        approvals=(ApprovalPolicy("eyes", FLAGS, four_eyes=False),),
        alarms={"errors": AlarmPolicy("errors", FLAGS, command=("test", "-e", str(away)))},
    )
    busy = await held.running.deploy(config="1.7.2")
    change = await held.deploy(inventory)
    rest = (Reason.DEPENDENCY_BUSY, Reason.WINDOW_CLOSED, Reason.FREEZE, Reason.ALARM_FIRING)
    await held.only(change, *rest, Reason.APPROVAL_REQUIRED)
    assert held.left(change)[:2] == [Reason.WINDOW_CLOSED, Reason.FREEZE], "in the order in which they clear"
    await held.running.engine.submit(Approve("bo", change))
    await held.only(change, *rest)
    await held.running.done(busy)
    await held.only(change, Reason.ALARM_FIRING)
    assert now() >= freeze
    away.touch()
    await held.moves(change, now())


async def test_whichever_cause_clears_last_the_change_moves_within_a_second(tmp_path: Path) -> None:
    async with (
        quick_fleet(tmp_path / "fleet") as fleet,
        running_engine(fleet.inventory, fleet.state) as running,
    ):
        held = Held(running)
        await all_five(held, tmp_path / "away")
        change = await held.deploy(replace(held.free, approvals=(ApprovalPolicy("eyes", FLAGS, four_eyes=False),)))
        await held.only(change, Reason.APPROVAL_REQUIRED)
        await running.engine.submit(Approve("bo", change))
        await held.moves(change, now() - timedelta(seconds=0.2))
        opens = soon(3)
        await held.moves(await held.deploy(replace(held.free, windows=opening(opens))), opens)
        ends = soon(3)
        await held.moves(await held.deploy(replace(held.free, freezes=ending(ends))), ends)
        busy = await running.deploy(config="1.8.0")
        change = await held.deploy(held.free)
        await held.only(change, Reason.DEPENDENCY_BUSY)
        finished = (await running.done(busy)).finished
        assert finished is not None
        await held.moves(change, finished - timedelta(seconds=0.2))
