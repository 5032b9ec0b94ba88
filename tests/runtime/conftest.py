"""A fleet of real SSH servers and a real engine on it, for the tests that need no others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.fleet.embedded import EmbeddedFleet
from tests.runtime.fleets import quick_fleet
from tests.runtime.running import Running, running_engine


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[EmbeddedFleet]:
    """config, events and flags on three prod hosts and one for staging."""
    async with quick_fleet(tmp_path / "fleet") as fleet:
        yield fleet


@pytest.fixture
async def running(fleet: EmbeddedFleet) -> AsyncIterator[Running]:
    """An engine on that fleet."""
    async with running_engine(fleet.inventory, fleet.state) as running:
        yield running
