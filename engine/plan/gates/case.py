"""What a gate looks at: one queued item that wants to start, and what surrounds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.model.change import Change, Item
from engine.model.names import InstanceId
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate
from engine.plan.sequencing.sequence import Order


@dataclass(frozen=True, slots=True)
class Case:
    """One item that wants to start. ``ends`` maps every service of the environment that is
    moving or to move to its change and the version it will end at; ``order`` is the order
    among those to move; ``blocked`` names those that something else than their turn holds;
    ``reserved`` names, for each service, the earlier change that keeps its place there;
    ``rolling`` lists the rollouts that run now."""

    estate: Estate
    change: Change
    item: Item
    order: Order
    ends: Mapping[str, tuple[Change, str]]
    blocked: frozenset[str]
    reserved: Mapping[str, Change]
    rolling: tuple[tuple[Change, Item], ...]

    @property
    def instance(self) -> InstanceId:
        """The instance that would move."""
        return self.change.instance(self.item)

    @property
    def view(self) -> tuple[object, ...]:
        """All that the line says of this item and of what it is joined with: where each of them will
        end, what goes before it, which providers it goes before, and its lockstep."""
        name, before = self.item.service, self.order.before
        caught = self.order.lockstep_of(name)
        near = (name, *self.estate.neighbours(name), *(caught[0] if caught else ()))
        return (
            caught,
            before.get(name),
            [self.ends.get(other) for other in near],
            [name in before.get(other, ()) for other in near],
            self.blocked.intersection(near),
        )

    def wait(self, reason: Reason, message: str, owner: str = "", unblock: str = "", blocker: str = "") -> Wait:
        """A wait of this case."""
        return Wait(reason, str(self.instance), message, self.change.id, owner, unblock, blocker)

    def pairs(self) -> Iterator[tuple[str, str, str]]:
        """(consumer, provider, the other one) for each dependency this service is part of."""
        name = self.item.service
        for provider in self.estate.providers(name):
            if provider != name:
                yield name, provider, provider
        for consumer in self.estate.consumers.get(name, ()):
            if consumer != name:
                yield consumer, name, consumer

    def owner(self, service: str) -> str:
        """The team that owns a service, "" if the inventory does not know it."""
        declared = self.estate.service(service)
        return declared.team if declared else ""
