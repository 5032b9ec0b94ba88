"""A rollout over twelve placements in three failure domains, with a canary that a person promotes and
bakes, on real SSH servers; sampled from outside, by asking the processes themselves."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.fleet.embedded import EmbeddedFleet, embedded_fleet
from engine.model.change import Status
from engine.model.request import Promote
from engine.model.wait import Reason
from tests.runtime.running import running_engine

PORT = 8101
ZONES = ("us-b", "eu-a", "eu-c")
HOSTS = [f"prod-{zone}{number}" for zone in ZONES for number in range(1, 5)]
STRATEGY = "canary: 1, auto_promote: false, bake: 1s, domain_order: [us-b, eu-a, eu-c], max_parallel: 4"


def declare(fleet: EmbeddedFleet, more: str) -> None:
    """Place config on twelve hosts, and let it roll so."""
    file: Path = fleet.inventory / "services.yaml"
    text = file.read_text()
    begin, end = text.index("hosts: ["), text.index("]", text.index("hosts: ["))
    text = f"{text[:begin]}hosts: [{', '.join(HOSTS)}{text[end:]}"
    head, _, _ = text.partition("    rollout:")
    times = "min_healthy_time: 500ms, healthy_deadline: 20s, progress_deadline: 2m, confirm_timeout: 20s"
    file.write_text(f"{head}    rollout: {{{times}, {more}}}\n")


async def look(fleet: EmbeddedFleet) -> dict[str, str | None]:
    versions = await asyncio.gather(*(fleet.reported(host, PORT) for host in HOSTS))
    return dict(zip(HOSTS, versions, strict=True))


async def test_twelve_placements_move_canary_first_and_domain_by_domain(tmp_path: Path) -> None:
    async with embedded_fleet(tmp_path / "fleet", services=1, hosts=32) as fleet:
        before = await fleet.reported("prod-eu-a1", PORT)
        assert before is not None
        declare(fleet, "max_parallel: 12")
        async with running_engine(fleet.inventory, fleet.state) as running:
            first = await running.done(await running.deploy(config=before))
            assert first.status is Status.SUCCEEDED
        declare(fleet, STRATEGY)
        async with running_engine(fleet.inventory, fleet.state, take_over=True) as running:
            seen: list[dict[str, str | None]] = []
            change = await running.deploy(config="1.9.0")

            def awaits() -> bool:
                return any(wait.reason is Reason.PROMOTION_REQUIRED for wait in running.engine.plan.waits)

            await running.until(awaits)
            canary = await look(fleet)
            assert sorted(canary.values(), key=str).count("1.9.0") == 1
            assert [host for host, version in canary.items() if version == "1.9.0"] == [HOSTS[0]]
            assert running.state("config@prod") == "baking"
            await running.engine.submit(Promote("ana", change))
            ending = asyncio.create_task(running.done(change))
            while not ending.done():
                seen.append(await look(fleet))
                await asyncio.sleep(0.1)
            assert ending.result().status is Status.SUCCEEDED
        assert set((await look(fleet)).values()) == {"1.9.0"}
        assert len(seen) > 20
        for sample in seen:
            down = [host for host, version in sample.items() if version is None]
            mixed = {host[5:9] for host, version in sample.items() if version not in {before, "1.9.0"}}
            assert len(down) <= 4, f"{down} are down at once"
            assert len(mixed) <= 1, f"{mixed} lose placements at once"
            for earlier, later in ((0, 1), (1, 2)):
                mine = {sample[host] for host in HOSTS[4 * earlier : 4 * earlier + 4]}
                theirs = {sample[host] for host in HOSTS[4 * later : 4 * later + 4]}
                assert mine == {"1.9.0"} or theirs == {before}, "a domain began before the one before it was done"
