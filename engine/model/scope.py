"""What a policy applies to: some environments, teams, services or labels.

Each kind that is given must match (one of its names is enough; of labels, every pair); a
kind that is not given matches everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the inventory holds policies, and they hold scopes
    from engine.model.service import Service


@dataclass(frozen=True, slots=True)
class Scope:
    """``applies_to`` and ``except`` of policies. Without any name it covers everything."""

    environments: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether it names nothing, and so covers everything."""
        return not (self.environments or self.teams or self.services or self.labels)

    def covers(self, service: Service, environment: str) -> bool:
        """Whether a policy with this scope concerns a service in an environment."""
        return (
            (not self.environments or environment in self.environments)
            and (not self.teams or service.team in self.teams)
            and (not self.services or service.name in self.services)
            and all(service.labels.get(key) == value for key, value in self.labels.items())
        )
