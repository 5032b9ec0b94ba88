"""The inventory that decisions are made from is in the journal: a reload changes what holds from then
on, and neither what was decided before nor how it looks."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any, cast

from tests.runtime.fleets import quick_fleet
from tests.runtime.running import EngineProcess, eventually

WINDOW = {"windows": {"never": {"allow": {"dates": ["2001-01-01"]}}}}


async def test_a_decision_is_made_again_from_the_inventory_of_then(tmp_path: Path) -> None:
    async with quick_fleet(tmp_path / "fleet", services=1, hosts=3) as fleet:
        engine = await EngineProcess(fleet.inventory, fleet.state).ready()

        async def events(kind: str) -> list[dict[str, Any]]:
            entries = cast(list[dict[str, Any]], await engine.get("/v1/audit?limit=1000"))
            return [entry for entry in entries if entry["kind"] == kind]

        async def moved() -> bool:
            return bool(await events("MoveIntended"))

        await engine.post("/v1/changes", {"environment": "prod", "services": {"config": "1.9.0"}})
        await eventually(moved, 40)
        policies = fleet.inventory / "organization.yaml"
        before, text = policies.read_text(), json.dumps(WINDOW["windows"])
        policies.write_text(before.replace("policies:\n", f"policies:\n  windows: {text}\n"))
        engine.child.send_signal(signal.SIGHUP)

        async def reloaded() -> bool:
            return len(await events("InventoryLoaded")) == 2

        await eventually(reloaded, 40)
        policies.write_text(before)
        first, second = [json.loads(each["body"])["digest"] for each in await events("InventoryLoaded")]
        move = (await events("MoveIntended"))[0]
        replayed = cast(dict[str, Any], await engine.get(f"/v1/audit/replay/{move['seq']}"))
        assert (replayed["decision"], replayed["same"], replayed["inventory"]) == (True, True, first)
        assert any("config on" in sentence for sentence in replayed["decided"])
        await engine.post("/v1/changes", {"environment": "prod", "services": {"config": "1.8.0"}})
        queued = (await events("ChangeAccepted"))[-1]
        replayed = cast(dict[str, Any], await engine.get(f"/v1/audit/replay/{queued['seq']}"))
        assert (replayed["decision"], replayed["inventory"]) == (False, second)
        assert "WindowClosed" in {wait["reason"] for wait in replayed["waits"]}
        board = cast(dict[str, Any], await engine.get(f"/v1/board?at={move['seq']}"))
        waits = {wait["reason"] for row in board["status"] for wait in row["waits"]}
        assert "WindowClosed" not in waits
        assert engine.child.poll() is None
        await engine.terminate()
