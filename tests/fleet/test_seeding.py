"""What runs on a fresh fleet is what an engine would have put there: it can be seen, adopted,
changed and put back through the real drivers and the real transport.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from engine import drivers
from engine.fleet.embedded import EmbeddedFleet, embedded_fleet
from engine.fleet.releases import read_releases
from engine.inventory import load
from engine.inventory.catalog import scan
from engine.model.inventory import Inventory
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Claim, Health, HostReport, Sighting, Unit
from engine.model.remote import Command, Reply
from engine.transport.ssh import SshTransport

pytestmark = pytest.mark.asyncio(loop_scope="module")
RELEASES = read_releases()
CLAIM = Claim("store", 1, "engine")


@dataclass
class Desk:
    """A fleet, and the engine's means of talking to it."""

    fleet: EmbeddedFleet
    inventory: Inventory
    transport: SshTransport

    def spec(self, placement: PlacementId, version: str | None = None) -> drivers.PlacementSpec:
        configuration = self.inventory.services[placement.service].configuration
        host = self.inventory.hosts[placement.host]
        return drivers.expand(configuration, placement, host, version, self.inventory.organization)

    async def run(self, host: str, command: Command) -> Reply:
        return await self.transport.run(host, command)

    async def observe(self, host: str) -> HostReport:
        specs = [self.spec(placement) for placement in self.inventory.placements_on(host)]
        return drivers.parse_observe(
            host, await self.run(host, drivers.observe(self.inventory.organization, specs)), specs
        )

    async def sighting(self, placement: PlacementId) -> Sighting:
        report = await self.observe(placement.host)
        return next(sighting for sighting in report.sightings if sighting.placement == placement)

    async def switch(self, placement: PlacementId, version: str, step: str) -> drivers.SwitchAnswer:
        """Bring a placement to a version, up to the host's own verdict."""
        spec = self.spec(placement, version)
        host = placement.host
        claimed = await self.run(host, drivers.claim(self.inventory.organization, [spec.base], CLAIM))
        assert drivers.parse_claim(claimed).accepted
        artifact = scan(self.inventory).find(placement.service, version)
        assert artifact
        if drivers.parse_stage(await self.run(host, drivers.stage(spec, CLAIM, artifact))).state == "need":
            stored = drivers.parse_upload(await self.run(host, drivers.upload(spec, CLAIM, artifact)))
            assert stored.state == "stored", stored.detail
        return drivers.parse_switch(await self.run(host, drivers.switch(spec, CLAIM, step, 1.0, 4.0, 20.0)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with embedded_fleet(tmp_path_factory.mktemp("fleet"), services=3, hosts=4) as fleet:
        inventory = load(fleet.inventory)
        transport = SshTransport(inventory, (drivers.SCRIPT, drivers.DIGEST))
        yield Desk(fleet, inventory, transport)
        await transport.close()


def port(inventory: Inventory, service: str) -> int:
    return int(inventory.services[service].configuration.command.rpartition(":")[2])


async def test_every_placement_runs_its_seeded_version_and_looks_deployed(desk: Desk) -> None:
    for host in desk.inventory.hosts:
        report = await desk.observe(host)
        assert report.claim is None
        for sighting in report.sightings:
            service, environment, _ = sighting.placement
            version = RELEASES.services[service].running[environment]
            assert sighting == Sighting(
                placement=sighting.placement,
                version=version,
                release=version,
                configuration=desk.inventory.services[service].configuration.digest,
                unit=Unit.RUNNING,
                health=Health.PASSING,
                sha256=sighting.sha256,
            )
            assert len(sighting.sha256) == 64
            assert await desk.fleet.reported(host, port(desk.inventory, service)) == version


async def test_staging_is_ahead_of_prod(desk: Desk) -> None:
    for service in ("config", "events", "flags"):
        seen = {}
        for environment in desk.inventory.environments:
            placement = desk.inventory.placements(InstanceId(service, environment))[0]
            seen[environment] = (await desk.sighting(placement)).version
        assert seen["staging"] != seen["prod"], service


async def test_a_seeded_service_can_be_changed_and_confirmed(desk: Desk) -> None:
    placement = desk.inventory.placements(InstanceId("events", "prod"))[0]
    answer = await desk.switch(placement, "5.5.0", "change-1")
    assert answer.result is drivers.StepResult.HEALTHY, answer
    spec = desk.spec(placement, "5.5.0")
    confirmed = drivers.parse_confirm(await desk.run(placement.host, drivers.confirm(spec, CLAIM, "change-1")))
    assert confirmed.result is drivers.ConfirmResult.CONFIRMED
    sighting = await desk.sighting(placement)
    assert (sighting.version, sighting.release, sighting.health) == ("5.5.0", "5.5.0", Health.PASSING)
    await desk.fleet.crash(placement.host)
    await desk.fleet.boot(placement.host)
    assert (await desk.sighting(placement)).version == "5.5.0"


@pytest.mark.parametrize(
    ("service", "version", "words"),
    [
        ("flags", "3.3.0", "rule set 118 does not parse"),
        ("events", "5.6.0", "partition 3 has no leader"),
    ],
)
async def test_a_bad_version_is_put_back_with_its_reason(desk: Desk, service: str, version: str, words: str) -> None:
    placement = desk.inventory.placements(InstanceId(service, "prod"))[1]
    before = (await desk.sighting(placement)).version
    answer = await desk.switch(placement, version, f"change-{version}")
    assert answer.result is drivers.StepResult.REVERTED, answer
    assert any(words in line for line in answer.log)
    sighting = await desk.sighting(placement)
    assert (sighting.version, sighting.release) == (before, before)


async def test_an_unconfirmed_switch_is_not_started_by_a_boot_but_put_back_at_first_contact(desk: Desk) -> None:
    placement = desk.inventory.placements(InstanceId("flags", "prod"))[0]
    before = (await desk.sighting(placement)).version
    answer = await desk.switch(placement, "3.2.0", "change-unconfirmed")
    assert answer.result is drivers.StepResult.HEALTHY, answer
    await desk.fleet.crash(placement.host)
    await desk.fleet.boot(placement.host)
    assert await desk.fleet.reported(placement.host, port(desk.inventory, "flags")) is None
    spec = desk.spec(placement, "3.2.0")
    command = drivers.switch(spec, CLAIM, "change-unconfirmed", 1.0, 4.0, 20.0)
    again = drivers.parse_switch(await desk.run(placement.host, command))
    assert again.result is drivers.StepResult.REBOOTED, again
    assert (await desk.sighting(placement)).release == before
