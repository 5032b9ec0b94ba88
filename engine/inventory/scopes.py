"""``applies_to`` and ``except`` of policies: the names in them, resolved against the estate."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engine.inventory.faults import Faults
from engine.inventory.reading import Read, S
from engine.inventory.scalars import Blank, BlankList, FreeText, Name
from engine.inventory.section import Section
from engine.model.scope import Scope


class ScopeEntry(Section):
    """What a policy is about; each kind that is given must match, and none means everything."""

    environments: Annotated[list[Name], BlankList] = Field(default=[], description="In any of these environments")
    teams: Annotated[list[Name], BlankList] = Field(default=[], description="Services of any of these teams")
    services: Annotated[list[Name], BlankList] = Field(default=[], description="Any of these services")
    labels: Annotated[dict[Name, FreeText], Blank] = Field(default={}, description="Services with all of these labels")


@dataclass(frozen=True, slots=True)
class Scopes:
    """Makes scopes, and notes names in them that nothing goes by. Labels are ``key=value``."""

    environments: Collection[str]
    teams: Collection[str]
    services: Collection[str]
    labels: Collection[str]
    faults: Faults

    def make(self, read: Read[S], path: tuple[str | int, ...], entry: ScopeEntry) -> Scope:
        """The scope written under ``path`` of the section ``read``."""
        known = (
            ("environments", "environment", entry.environments, self.environments),
            ("teams", "team", entry.teams, self.teams),
            ("services", "service", entry.services, self.services),
        )
        for key, kind, names, declared in known:
            for index, name in enumerate(names):
                if name not in declared:
                    here: tuple[str | int, ...] = (*path, key, index)
                    self.faults.unknown(read.at(*here), read.name(*here), kind, name, declared)
        for key, value in entry.labels.items():
            if f"{key}={value}" not in self.labels:
                place: tuple[str | int, ...] = (*path, "labels", key)
                self.faults.unknown(read.at(*place), read.name(*place), "service label", f"{key}={value}", self.labels)
        return Scope(tuple(entry.environments), tuple(entry.teams), tuple(entry.services), dict(entry.labels))
