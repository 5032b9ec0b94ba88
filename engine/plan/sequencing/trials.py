"""The moves that a bridge needs in earlier environments: a version that has to soak there before it
may come here, and has not, is brought there first, if it may run beside what is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.model.names import InstanceId
from engine.model.version import is_downgrade
from engine.plan.estate import Estate
from engine.plan.sequencing.sequence import clash_of
from engine.plan.soaking import before, soaked


@dataclass(frozen=True, slots=True)
class Leg:
    """One move of a bridge; ``origin`` None: nothing runs, or several versions do."""

    environment: str
    service: str
    origin: str | None
    goal: str


class Untried(Exception):
    """A version that cannot be tried where it has to soak: it would clash with what is there."""

    def __init__(self, service: str, version: str) -> None:
        super().__init__(f"{service} {version}")
        self.service = service
        self.version = version


@dataclass(slots=True)
class Trials:
    """Plays moves forward and inserts what has to be tried first. ``there`` is where each
    instance has come to; ``past`` is where it was brought to on the way, in order."""

    estate: Estate
    legs: list[Leg] = field(default_factory=list)
    there: dict[InstanceId, frozenset[str]] = field(default_factory=dict)
    past: dict[InstanceId, list[str]] = field(default_factory=dict)

    def walk(self, environment: str, hops: Iterable[tuple[str, str]]) -> tuple[Leg, ...]:
        """All moves in order, the trials among them. Raises Untried."""
        for service, version in hops:
            self._add(InstanceId(service, environment), version)
        return tuple(self.legs)

    def _add(self, instance: InstanceId, version: str) -> None:
        first = before(self.estate, instance)
        if first is not None and not self._is_proven(first, instance, version):
            if self._fits(first, version):
                self._add(first, version)
            else:
                raise Untried(instance.service, version)
        running = self._running(instance)
        origin = next(iter(running)) if len(running) == 1 else None
        self.legs.append(Leg(instance.environment, instance.service, origin, version))
        self.there[instance] = frozenset({version})
        self.past.setdefault(instance, []).append(version)

    def _running(self, instance: InstanceId) -> frozenset[str]:
        return self.there.get(instance, self.estate.may_run(instance))

    def _is_proven(self, first: InstanceId, instance: InstanceId, version: str) -> bool:
        """Whether it has soaked, or soaks where it runs now; going back past it undoes that."""
        if self._running(first) == {version}:
            return True
        artifact = self.estate.snapshot.catalog.find(instance.service, version)
        moves = self.past.get(first, [])
        later = moves[moves.index(version) + 1 :] if version in moves else moves
        scheme = self.estate.scheme(instance.service)
        if any(is_downgrade(scheme, version, move) for move in later):
            return False
        return version in moves or soaked(self.estate, instance, version, artifact.sha256 if artifact else "")

    def _fits(self, first: InstanceId, version: str) -> bool:
        """Whether a version may run beside everything that runs in an earlier environment."""
        for other in self.estate.neighbours(first.service):
            theirs = self._running(first._replace(service=other))
            if clash_of(self.estate, first.service, [version], other, theirs):
                return False
            if clash_of(self.estate, other, theirs, first.service, [version]):
                return False
        return True
