"""The same as test_fencing, on real SSH servers, processes and the host script: a stale engine changes nothing."""

from __future__ import annotations

from pathlib import Path

from engine.fleet.embedded import embedded_fleet
from tests.crash.generations import generations

ROUNDS = 12


async def test_one_engine_after_the_other_is_refused_once_it_is_stale(tmp_path: Path) -> None:
    async with embedded_fleet(tmp_path / "fleet", services=1, hosts=2) as fleet:
        found = await generations(fleet.inventory, tmp_path, ROUNDS)
    assert found.stale == []
    assert found.rounds == ROUNDS
    assert found.engine_calls >= ROUNDS
    assert found.direct_calls >= 2 * ROUNDS
