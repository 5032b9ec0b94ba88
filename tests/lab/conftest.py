"""Fixtures of the lab tests: twelve hosts, booted once and shared; an estate of its own for each
test. Without root or the programs the tests are skipped, unless INTERLOCK_REQUIRE_LAB=1."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.lab.estate import Estate
from tests.lab.machines import Lab, Machine, missing
from tests.lab.together import Played, play

HOSTS = 12


@pytest.fixture(scope="session")
def booted() -> Iterator[tuple[Lab, list[Machine]]]:
    """The lab with twelve hosts that answer; taken down at the end, unless INTERLOCK_LAB_KEEP=1."""
    why = missing()
    if why and os.environ.get("INTERLOCK_REQUIRE_LAB") == "1":
        pytest.fail(f"{why}, and INTERLOCK_REQUIRE_LAB=1 forbids to go without")
    if why:
        pytest.skip(why)
    lab = Lab()
    with lab.alone():
        try:
            yield lab, lab.up(HOSTS)
        finally:
            if os.environ.get("INTERLOCK_LAB_KEEP") != "1":
                lab.down()


@pytest.fixture(scope="module")
def played(
    request: pytest.FixtureRequest, booted: tuple[Lab, list[Machine]], tmp_path_factory: pytest.TempPathFactory
) -> Played:
    """How the scenes of a module (its SCENES) ended, which are played all at once."""
    return play(request, booted, tmp_path_factory.mktemp("scenes"), request.module.SCENES)


@pytest.fixture
async def estate(booted: tuple[Lab, list[Machine]], tmp_path: Path) -> AsyncIterator[Estate]:
    """The lab for one test; whatever the test cuts or crashes is mended afterwards."""
    lab, machines = booted
    estate = Estate(lab, machines, tmp_path)
    try:
        yield estate
    finally:
        await estate.close()
