"""What a simulated host does otherwise where no systemd keeps the service: drivers ``container`` and
``script``, with the promises that container.sh and script.sh keep.

A container is a thing of its own: the one that a step replaces is kept until the step is confirmed,
and comes back without its image; the new one is started by a booting host only once it was
confirmed. A script has nobody who looks after what it started: what ends stays ended, and what
runs is whatever ``observe`` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random

from engine.model.release import Catalog, marker
from engine.model.running import Container, Script
from engine.model.service import Configuration, DriverName, Service
from engine.sim.behaviour import Behaviour

OTHERWISE = 0.6
REFUSED = 0.1
IMAGE = "registry.example/{service}:{version}"


@dataclass(frozen=True, slots=True)
class Box:
    """A container: what it was made from, and whether a host that boots starts it."""

    version: str
    configuration: str
    settled: bool = False
    stopped: bool = False  # by somebody: a boot leaves it so

    @property
    def starts_by_itself(self) -> bool:
        """Whether a boot brings it up, where the runtime has a daemon."""
        return self.settled and not self.stopped

    def is_of(self, version: str, configuration: str) -> bool:
        """Whether it was made from these."""
        return (self.version, self.configuration) == (version, configuration)


@dataclass(slots=True)
class Boxes:
    """The containers of one placement: the one with its name, the one kept while a step may go back,
    and the versions whose images the runtime has."""

    present: Box | None = None
    kept: Box | None = None
    images: set[str] = field(default_factory=set)

    def start(self, version: str, configuration: str) -> str:
        """The container of that release and configuration is the present one and runs; "" or why not."""
        if self.kept and self.kept.is_of(version, configuration):
            self.present, self.kept = self.kept, None
        elif not self.present or not self.present.is_of(version, configuration):
            self.kept, self.present = self.present or self.kept, None
            if version not in self.images:
                return f"podman run: no such image: {version}"
            self.present = Box(version, configuration)
        if self.present:
            self.present = replace(self.present, stopped=False)
        return ""

    def stop(self) -> None:
        """Somebody stops it."""
        if self.present:
            self.present = replace(self.present, stopped=True)

    def settle(self) -> None:
        """Confirmed: what was kept goes, and a boot starts what is present."""
        self.kept = None
        if self.present:
            self.present = replace(self.present, settled=True)

    def remove(self) -> None:
        """No container is left."""
        self.present = self.kept = None


def with_drivers(
    random: Random, services: Mapping[str, Service], behaviours: dict[tuple[str, str], Behaviour], first: str
) -> dict[str, Service]:
    """The services, some of them run otherwise; of these some versions cannot even be started. Drawn
    after everything else, so that what a seed made before stays as it was."""
    made = dict(services)
    for name, service in services.items():
        if random.random() >= OTHERWISE:
            continue
        driver = random.choice((DriverName.CONTAINER, DriverName.SCRIPT))
        made[name] = replace(service, configuration=_run_by(driver, service.configuration))
        for (owner, version), fate in behaviours.items():
            if owner == name and version != first and fate is Behaviour.HEALTHY and random.random() < REFUSED:
                behaviours[owner, version] = Behaviour.REFUSED
    return made


def _run_by(driver: DriverName, configuration: Configuration) -> Configuration:
    plain = replace(configuration, driver=driver, base="interlock")
    if driver is DriverName.CONTAINER:
        return replace(plain, container=Container(IMAGE))
    return replace(plain, command="", script=Script(("bin/apply",), ("bin/observe",)))


def with_images(catalog: Catalog, services: Mapping[str, Service]) -> Catalog:
    """What stands for the releases of containers takes the place of their artifacts."""
    by_service = dict(catalog.by_service)
    for name, service in services.items():
        if service.configuration.container:
            image = service.configuration.container.image.replace("{service}", name)
            by_service[name] = {version: marker(name, version, image) for version in by_service[name]}
    return replace(catalog, by_service=by_service)
