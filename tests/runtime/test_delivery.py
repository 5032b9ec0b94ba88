"""What becomes of a release that cannot be brought, without any host."""

from __future__ import annotations

from typing import Any

import pytest

from engine import drivers
from engine.model.inventory import Host
from engine.model.names import PlacementId
from engine.model.observation import Claim
from engine.model.release import Artifact, Storage
from engine.model.remote import Command, Reply
from engine.runtime.delivery import Arrival, Delivery, Parcel
from engine.runtime.depot import Depot
from tests.builders import CONFIGURATION

HOST = Host("h1", "10.0.0.1", "prod", "zone")
ADDRESS = Artifact(
    "web", "1.0", "", "ab" * 32, 0, "tar.gz", url="https://me:hush@files.example/web-1.0.tar.gz?key=hush"
)


class Says:
    """A host that answers every call the same."""

    def __init__(self, result: str) -> None:
        self.result = result

    async def run(self, host: str, command: Command, **_: Any) -> Reply:
        return Reply(0, f"result\t{self.result}\ndetail\tthe host could not fetch the artifact\n", "")


@pytest.mark.parametrize("result", ["unfetched", "mismatch"])
async def test_an_address_that_does_not_serve_it_is_waited_for_and_fails_nothing(result: str) -> None:
    looked: list[str] = []

    async def recheck() -> None:
        looked.append("again")

    now_s = [0.0]
    depot = Depot(now_s=lambda: now_s[0])
    transport: Any = Says(result)
    delivery = Delivery(transport, depot, recheck)
    spec = drivers.expand(CONFIGURATION, PlacementId("web", "prod", "h1"), HOST, "1.0", "acme")
    parcel = Parcel(HOST, spec, ADDRESS, Storage())
    brought = await delivery.bring(parcel, Claim("s", 1, "e"), lambda: None)
    assert (brought.arrival, looked) == (Arrival.UNPROVEN, ["again"])
    assert brought.detail == "https://files.example/web-1.0.tar.gz: the host could not fetch the artifact"
    now_s[0] += 3600.0
    assert await depot.fault(ADDRESS) == "", "it is asked again by and by"
