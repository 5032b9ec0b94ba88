"""Releases that are sick in ways that a glance does not show, and hosts that are not as Interlock
left them. Each service is alone on its host, and all cases run at once under one engine.

Whatever happens, a sentence says what is wrong, and the former release serves as before: put back
where it was replaced, and never even restarted where nothing was switched.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from engine.inventory import load
from engine.model.change import FINAL, Change, MoveState, Status
from tests.lab.estate import Estate
from tests.lab.ways import WatchedTransport
from tests.lab.witness import Ledger, processes, sampling
from tests.runtime.running import Running, running_engine

PORT = 8740
LATE = "min_healthy_time: 6s, healthy_deadline: 12s, progress_deadline: 60s, confirm_timeout: 10s"
FLAP = "min_healthy_time: 2s, healthy_deadline: 7s, progress_deadline: 60s, confirm_timeout: 10s"


@dataclass(frozen=True)
class Case:
    """A version 2.0 that must fail. ``behaviour`` is its own; ``mischief`` is done on the host (a shell
    script; $service) before it is deployed, ``before`` just before the call of that verb.
    ``says`` is what the failure must tell, ``log`` what its lines from the service must hold."""

    name: str
    says: tuple[str, ...]
    behaviour: str = "well"
    rollout: str = ""
    mischief: str = ""
    before: str = ""
    padding: bytes = b""
    log: str = ""
    first: str = ""  # done on the host before anything is installed


SICK = [
    Case("flapping", ("503", "release 1.0 was put back"), "flapping", FLAP),
    Case("dying", ("release 1.0 was put back",), "dying", LATE, log="version 2.0 starts"),
    Case("crashing", ("crashing.service", "exit-code", "release 1.0 was put back"), "crashing", log="cannot go on"),
    Case(
        "squatting",
        ("squatting.service", "exit-code", "release 1.0 was put back"),
        "squatting",
        log="Address already in use",
    ),
]
SMALL = "mkdir -p /opt/interlock/$service && mount -t tmpfs -o size=2m tmpfs /opt/interlock/$service"
MARRED = [
    Case(
        "masked",
        ("the unit masked.service is masked: systemctl unmask it",),
        mischief="ln -sf /dev/null /etc/systemd/system/$service.service; systemctl daemon-reload",
    ),
    Case(
        "folder",
        ("/opt/interlock/folder/current is not a link that Interlock could switch: move it away",),
        mischief="cd /opt/interlock/$service && rm current && cp -a releases/1.0 current",
    ),
    Case(
        "foreign",
        ("/opt/interlock/foreign/releases/2.0 is not a folder that Interlock made: move it away",),
        mischief="echo mine >/opt/interlock/$service/releases/2.0",
    ),
    Case(
        "readonly",
        ("/opt/interlock/readonly cannot be written", "read-only"),
        first=SMALL,
        mischief="mount -o remount,ro /opt/interlock/$service",
    ),
    Case(
        "small",
        ("bytes free", "are needed to unpack release 2.0"),
        first=SMALL,
        padding=os.urandom(3_000_000),
    ),
    Case(
        "swelling",
        ("could not unpack the artifact", "bytes left; nothing was changed"),
        first=SMALL,
        padding=bytes(30_000_000),
    ),
    Case(
        "full",
        ("is the disk full?", "nothing was changed"),
        first=SMALL,
        before="switch",
        mischief="cat /dev/zero >/opt/interlock/$service/ballast; true",
    ),
]
CASES = SICK + MARRED
HOSTS = {case.name: f"h{number}" for number, case in enumerate(CASES, 1)}
PORTS = {case.name: PORT + number for number, case in enumerate(CASES, 1)}


async def on_host(estate: Estate, case: Case, script: str) -> None:
    """Run a script on the case's host, as root."""
    machine = estate.machine(HOSTS[case.name])
    await asyncio.to_thread(estate.lab.exec, machine, "sh", "-c", script.replace("$service", case.name))


def declare(estate: Estate, *, patient: bool = False) -> Path:
    """Every case's service; ``patient``: with the times that its 2.0 is to be judged by."""
    return estate.inventory(
        "".join(
            estate.service(case.name, [HOSTS[case.name]], PORTS[case.name], rollout=case.rollout if patient else "")
            for case in CASES
        )
    )


async def prepare(estate: Estate, engine: Running, ways: WatchedTransport) -> None:
    """1.0 of everything, and then what is wrong with the hosts."""
    first = await engine.done(await engine.deploy(**{case.name: "1.0" for case in CASES}), timeout_s=60)
    assert first.status is Status.SUCCEEDED, [item.failure for item in first.items]
    await asyncio.gather(*(on_host(estate, case, case.mischief) for case in CASES if case.mischief and not case.before))
    for case in CASES:
        if case.before:
            ways.deeds[HOSTS[case.name], case.before] = lambda case=case: on_host(estate, case, case.mischief)  # type: ignore[misc]


async def test_what_is_wrong_is_told_and_the_old_release_serves_on(estate: Estate, tmp_path: Path) -> None:
    await asyncio.gather(*(on_host(estate, case, case.first) for case in CASES if case.first))
    for case in CASES:
        estate.artifact(case.name, "1.0")
        estate.artifact(case.name, "2.0", case.behaviour, case.padding)
    ways: list[WatchedTransport] = []

    def watched(*arguments: object) -> WatchedTransport:
        ways.append(WatchedTransport(*arguments))  # type: ignore[arg-type]
        return ways[0]

    async def look() -> set[str]:
        return {seen.service for seen in await asyncio.to_thread(processes) if seen.version == "2.0"}

    async with running_engine(declare(estate), tmp_path / "state", ways=watched) as engine:
        await prepare(estate, engine, ways[0])
        await engine.engine.reload(load(declare(estate, patient=True)))
        async with sampling(look, 0.2) as samples:
            changes = {case.name: await engine.deploy(**{case.name: "2.0"}) for case in CASES}
            await engine.until(lambda: all(engine.change(change).status in FINAL for change in changes.values()))
            done = {name: engine.change(change) for name, change in changes.items()}
    for case in CASES:
        judge(estate, case, done[case.name])
    assert set().union(*samples) <= {case.name for case in SICK}
    assert {estate.reported(HOSTS[case.name], PORTS[case.name]) for case in CASES} == {"1.0"}


def judge(estate: Estate, case: Case, change: Change) -> None:
    """How a case must have ended."""
    (item,) = change.items
    move = item.moves[HOSTS[case.name]]
    assert change.status is Status.FAILED, item
    assert all(words in item.failure for words in case.says), item.failure
    assert any(case.log in line for line in move.log) or not case.log, move.log
    ledger = Ledger(estate, HOSTS[case.name], case.name)
    if case in SICK:
        assert move.state is MoveState.REVERTED
        assert ledger.starts()["1.0"] == 2, ledger.starts()
    else:
        assert move.state is MoveState.FAILED
        assert ledger.starts() == {"1.0": 1}, "what ran was touched"
        left = estate.lab.exec(
            estate.machine(HOSTS[case.name]), "find", f"/opt/interlock/{case.name}", "-name", ".new*"
        )
        assert left == "", "half of something was left behind"
