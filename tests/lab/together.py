"""Scenes that are played at once, each on hosts of its own, and told one by one: most of a scene is
waiting for hosts, so that several take hardly longer than the longest.

A module names its scenes; the first test that asks plays all those that were selected, and each
test then tells how its own scene ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from tests.lab.estate import Estate
from tests.lab.machines import Lab, Machine


class Scene(Protocol):
    """A coroutine function of an estate."""

    __name__: str

    def __call__(self, estate: Estate, /) -> Awaitable[None]:
        """Play it."""


@dataclass(frozen=True)
class Cast:
    """A scene and the hosts it has to itself, by their numbers."""

    scene: Scene
    hosts: range


def side_by_side(*scenes: tuple[Scene, int]) -> dict[str, Cast]:
    """Scenes, each with how many hosts it needs, dealt out from the first host on; by their names."""
    casts, first = {}, 1
    for scene, count in scenes:
        casts[scene.__name__] = Cast(scene, range(first, first + count))
        first += count
    return casts


class Played:
    """How the scenes of a module ended."""

    def __init__(self, ends: Mapping[str, BaseException | None]) -> None:
        self._ends = ends

    def tell(self, name: str) -> None:
        """Fail as the scene did."""
        end = self._ends[name]
        if end is not None:
            raise end


def play(
    request: pytest.FixtureRequest, booted: tuple[Lab, list[Machine]], folder: Path, casts: Mapping[str, Cast]
) -> Played:
    """Play the scenes whose tests were selected, all at once, and leave every host empty.

    Tests are matched by the parameter ``scene``."""
    wanted = {
        str(item.callspec.params["scene"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.path and hasattr(item, "callspec")
    }
    lab, machines = booted
    estates = {}
    for name in sorted(wanted):
        (folder / name).mkdir()
        estates[name] = Estate(lab, [each for each in machines if each.number in casts[name].hosts], folder / name)

    async def act(name: str) -> None:
        try:
            await casts[name].scene(estates[name])
        finally:
            await estates[name].close()

    async def all_of_them() -> list[BaseException | None]:
        return await asyncio.gather(*(act(name) for name in estates), return_exceptions=True)

    return Played(dict(zip(estates, asyncio.run(all_of_them()), strict=True)))
