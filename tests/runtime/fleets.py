"""Embedded fleets that are in no hurry to be patient: the services of the sample organization watch a
new version for a second or two, so that people can watch too; here only the order of things counts.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engine.fleet import demo
from engine.fleet.embedded import EmbeddedFleet, embedded_fleet

# A service has time to answer here, whatever else the machine does: who is too slow would be healed.
TIMES = {"min_healthy_time": "200ms", "interval": "200ms", "healthy_deadline": "20s", "timeout": "5s"}


def hurry(inventory: Path, **times: str) -> None:
    """Write ``TIMES``, or what is said instead, into an inventory's services."""
    file = inventory / "services.yaml"
    text = file.read_text()
    for key, value in {**TIMES, **times}.items():
        text, found = re.subn(rf"\b{key}: \w+", f"{key}: {value}", text)
        assert found, f"{key} is in {file} no more"
    file.write_text(text)


@asynccontextmanager
async def quick_fleet(folder: Path, services: int = 3, hosts: int = 4, **times: str) -> AsyncIterator[EmbeddedFleet]:
    """An embedded fleet, on three prod hosts and one for staging unless asked otherwise, whose services
    (config, events and flags if they are three) roll out in a fraction of a second a placement."""
    demo.prepare(folder, services, hosts)
    hurry(folder / "inventory", **times)
    async with embedded_fleet(folder, services, hosts) as fleet:
        yield fleet
