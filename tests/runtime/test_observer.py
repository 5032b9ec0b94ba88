"""Looks at hosts that say what no host says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.api.drift import clock_warning
from engine.model.event import PlacementSeen
from engine.model.names import InstanceId
from engine.model.observation import Health, HostReport, Sighting, Unit
from engine.model.remote import Command, Reply
from engine.runtime.draft import Draft
from engine.runtime.intake import take_in
from engine.runtime.observer import Look, Observer
from engine.runtime.ports import SystemChance, SystemClock
from engine.runtime.watchers import Watchers
from engine.runtime.work import Work
from tests.builders import World, service, world


def test_a_complaint_that_differs_in_its_measures_alone_is_nothing_new() -> None:
    made = world(service("web"))
    placement = made.inventory.placements(InstanceId("web", "prod"))[0]
    draft = Draft(made.state, 0, datetime.now(UTC), 0.0)
    work = idle(made)

    def look(detail: str) -> int:
        seen = Sighting(placement, "1.0", "1.0", None, Unit.RUNNING, Health.FAILING, detail)
        take_in(draft, Look(placement.host, 0.0, HostReport(placement.host, "boot", 0.0, None, (seen,)), True), work)
        return len([each for each in draft.events if isinstance(each.event, PlacementSeen)])

    assert look("timed out after 2001 milliseconds") == 1
    assert look("timed out after 2037 milliseconds") == 1
    assert look("the requested URL returned error: 503") == 2
    assert look("the requested URL returned error: 404") == 3


def idle(made: World) -> Work:
    """Nothing at work."""
    return Work(Broken(), SystemClock(), Watchers(), print, lambda: made.snapshot, None, None)  # type: ignore[arg-type]


class Broken:
    """A transport that fails as only a bug fails."""

    async def run(self, host: str, command: Command) -> Reply:
        raise ValueError(f"{host} at {datetime.now(UTC)}")


async def test_a_look_that_fails_inside_the_engine_makes_its_host_unreachable_and_is_taken_again() -> None:
    made = world(service("web"))
    seen: list[Look] = []
    observer = Observer(Broken(), SystemClock(), SystemChance(), lambda: made.snapshot, seen.append)  # type: ignore[arg-type]
    host = made.inventory.placements(InstanceId("web", "prod"))[0].host
    await observer.look_at([host, host])
    assert [(look.host, look.report) for look in seen] == [(host, None)] * 2
    assert "an error inside the engine" in seen[0].reason


class Late:
    """A host whose clock is wrong by so much."""

    def __init__(self, wrong_by_s: float) -> None:
        self.wrong_by_s = wrong_by_s

    async def run(self, host: str, command: Command) -> Reply:
        clock = datetime.now(UTC).timestamp() + self.wrong_by_s
        said = "".join(f"service\t{value}\n" for _, _, value in _pairs(command) if _ == "\t" and value == "web")
        return Reply(0, f"boot\tb1\nclock\t{clock:.3f}\n{said}")


def _pairs(command: Command) -> list[tuple[str, str, str]]:
    return [line.partition("\t") for line in command.stdin.decode().splitlines() if line.startswith("service\t")]


@pytest.mark.parametrize(("wrong_by_s", "words"), [(0.0, ""), (3600.0, "3600 s ahead"), (-90.0, "90 s behind")])
async def test_a_clock_that_is_wrong_is_told(wrong_by_s: float, words: str) -> None:
    made = world(service("web"))
    host = made.inventory.placements(InstanceId("web", "prod"))[0].host
    observer = Observer(Late(wrong_by_s), SystemClock(), SystemChance(), lambda: made.snapshot, print)  # type: ignore[arg-type]
    draft = Draft(made.state, 0, datetime.now(UTC), 0.0)
    work = idle(made)
    take_in(draft, await observer.look(host), work)
    seen = draft.state.hosts[host]
    assert abs(seen.skew_s - wrong_by_s) < 1.0
    assert words in clock_warning(seen)
    assert bool(words) == bool(clock_warning(seen))
    before = len(draft.events)
    take_in(draft, await observer.look(host), work)
    assert len([each for each in draft.events[before:] if each.event.__class__.__name__ == "HostSeen"]) == 0


class Garbling:
    """A host whose login prints something before anything else, until it is mended."""

    def __init__(self) -> None:
        self.asked = 0
        self.mended = False

    async def run(self, host: str, command: Command) -> Reply:
        self.asked += 1
        return await Late(0.0).run(host, command) if self.mended else Reply(0, "Welcome to h1!\nboot\tb1\n")


async def test_a_host_whose_answer_cannot_be_read_is_told_in_words_and_asked_ever_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = world(service("web"))
    host = made.inventory.placements(InstanceId("web", "prod"))[0].host
    hosts, seen, rests = Garbling(), [], []
    observer = Observer(hosts, SystemClock(), SystemChance(), lambda: made.snapshot, seen.append)  # type: ignore[arg-type]
    rounds = 9

    async def rest(_: asyncio.Event, seconds: float) -> None:
        rests.append(seconds)
        hosts.mended = len(rests) > rounds
        if len(rests) > rounds + 2:
            await asyncio.Event().wait()

    monkeypatch.setattr("engine.runtime.observer.rest", rest)
    observer.follow(replace(made.inventory, hosts={host: made.inventory.hosts[host]}))
    async with asyncio.timeout(5):
        while len(rests) <= rounds + 2:
            await asyncio.sleep(0)
    await observer.close()
    first = seen[0]
    assert first.report is None
    assert f"what {host} says is not what the host script says" in first.reason
    assert "Welcome to h1!" in first.reason
    assert "must print nothing" in first.reason
    steady = made.inventory.observe.steady_s
    assert 50 < max(rests[:rounds]) <= 70 or steady > 60
    assert rests[rounds] > 50, "the pause grows up to a minute"
    assert max(rests[rounds + 1 :]) <= steady * 1.1, "and is forgotten with the first answer"
