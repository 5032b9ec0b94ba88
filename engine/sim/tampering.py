"""People who work on hosts behind the engine's back, and machines that are built anew: what healing
is for. They spare what is in the middle of a step: there the host's own rules are tested.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from engine.sim.host import SimHost
from engine.sim.placed import Placed
from engine.sim.world import World


class Tampering:
    """One deed, on some placement that is at rest."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random

    def tamper(self) -> None:
        """Do one thing that nobody asked the engine about."""
        host = self._world.hosts[self._random.choice(tuple(self._world.hosts))]
        if not host.is_up:
            return
        name = self._random.choice(tuple(DEEDS))
        self._world.invariants.note(f"tampering: {name} on {host.name}")
        DEEDS[name](self, host)

    def _some(self, host: SimHost) -> Placed | None:
        idle = [placed for _, placed in sorted(host.placed.items()) if placed.current and not placed.is_in_step]
        return self._random.choice(idle) if idle else None

    def _stop(self, host: SimHost) -> None:
        if placed := self._some(host):
            host.stop(placed)

    def _remove(self, host: SimHost) -> None:
        """``rm -r`` of the service's folder, after it was stopped."""
        if placed := self._some(host):
            host.wipe(placed)

    def _relink(self, host: SimHost) -> None:
        """``current`` moved by hand and the service restarted; only where nobody depends on what it
        runs, since the world itself would be in breach otherwise."""
        placed = self._some(host)
        if placed is None or self._is_joined(placed.service):
            return
        others = sorted(set(placed.releases) - {placed.current})
        if others:
            placed.current = self._random.choice(others)
            if self._random.random() < 0.5:
                host.start(placed)

    def _reconfigure(self, host: SimHost) -> None:
        """The configuration in force is another one."""
        placed = self._some(host)
        if placed is not None and placed.configuration in placed.configurations:
            placed.configurations[placed.configuration] = "edited"

    def _edit(self, host: SimHost) -> None:
        """Its unit file, or its start script, is changed in place."""
        if placed := self._some(host):
            placed.edited = placed.configuration

    def _alter(self, host: SimHost) -> None:
        """A file of the release that runs is edited in place; a container's image is removed."""
        placed = self._some(host)
        if placed is not None and placed.driver == "container":
            placed.boxes.images.discard(placed.current or "")
        elif placed is not None and placed.current in placed.releases:
            placed.altered.add(placed.current or "")

    def _swap(self, host: SimHost) -> None:
        """Another artifact was unpacked over the release that runs."""
        placed = self._some(host)
        if placed is not None and placed.current in placed.releases:
            placed.releases[placed.current or ""] = "f" * 64

    def _rebuild(self, host: SimHost) -> None:
        """The machine comes back with an empty disk, under the same name and key."""
        if not any(placed.is_in_step for placed in host.placed.values()):
            host.crash()
            host.forget()
            self._world.boot(host)

    def _is_joined(self, service: str) -> bool:
        services = self._world.estate.inventory.services.values()
        return any(
            (one.name == service and one.needs) or any(need.provider == service for need in one.needs)
            for one in services
        )


DEEDS: dict[str, Callable[[Tampering, SimHost], None]] = {
    "stopped": Tampering._stop,
    "stopped too": Tampering._stop,
    "removed": Tampering._remove,
    "relinked": Tampering._relink,
    "reconfigured": Tampering._reconfigure,
    "edited": Tampering._edit,
    "altered": Tampering._alter,
    "swapped": Tampering._swap,
    "rebuilt": Tampering._rebuild,
}
