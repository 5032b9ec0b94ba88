"""Drift on systemd hosts, healed: what hands do to a service, to its unit and to a whole machine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.model.change import Status
from engine.model.event import ChangeAccepted
from tests.lab.estate import Estate
from tests.lab.ways import WatchedTransport
from tests.lab.witness import Ledger
from tests.runtime.running import running_engine

PORT = 8780
HANDS = {"stopped": "h1", "edited": "h2", "rebuilt": "h3"}
UNIT = "/etc/systemd/system/edited.service"


async def test_what_hands_do_to_systemd_hosts_is_healed(estate: Estate, tmp_path: Path) -> None:
    """One service is stopped by hand, one has its unit edited, and the host of one is installed anew."""
    for name in HANDS:
        estate.artifact(name, "1.0")
    ports = {name: PORT + number for number, name in enumerate(HANDS)}
    inventory = estate.inventory("".join(estate.service(name, [host], ports[name]) for name, host in HANDS.items()))
    inventory.write_text(inventory.read_text().replace("steady: 5s", "steady: 1s"))  # two sightings make a drift
    stopped, edited, rebuilt = (estate.machine(host) for host in HANDS.values())
    async with running_engine(inventory, tmp_path / "state", ways=WatchedTransport) as running:
        change = await running.done(await running.deploy(**dict.fromkeys(HANDS, "1.0")), timeout_s=60)
        assert change.status is Status.SUCCEEDED, [item.failure for item in change.items]
        before = running.engine.seq
        unit = estate.lab.exec(edited, "cat", UNIT)
        first = Ledger(estate, "h3", "rebuilt").steps()
        await asyncio.gather(
            asyncio.to_thread(estate.lab.exec, stopped, "systemctl", "stop", "stopped"),
            asyncio.to_thread(estate.lab.exec, edited, "sed", "-i", "s/^Restart=.*/Restart=no/", UNIT),
            asyncio.to_thread(estate.lab.rebuild, rebuilt),
        )
        await running.until(lambda: running.engine.snapshot.state.heals >= len(HANDS))
        for name in HANDS:
            await running.until(lambda name=name: running.state(f"{name}@prod") == "converged", 40)  # type: ignore[misc]
        assert running.engine.snapshot.state.heals == len(HANDS)
        events = [each.event for each in await running.engine.store.read(after=before, limit=10_000)]
    assert {estate.reported(host, ports[name]) for name, host in HANDS.items()} == {"1.0"}
    assert estate.lab.exec(edited, "cat", UNIT) == unit
    assert "always" in estate.lab.exec(edited, "systemctl", "show", "-p", "Restart", "edited")
    assert Ledger(estate, "h1", "stopped").starts() == {"1.0": 2}
    (again,) = Ledger(estate, "h3", "rebuilt").steps()
    assert again[1] == "1.0"
    assert again not in first, "the host was not empty"
    assert not any(isinstance(event, ChangeAccepted) for event in events)
