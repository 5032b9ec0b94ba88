"""``roles``: who may look, deploy, approve and administer, and for what."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import CoreSchema

from engine.inventory.reading import Read
from engine.inventory.scalars import Blank, BlankList, FreeText, Name, mismatch
from engine.inventory.scopes import ScopeEntry, Scopes
from engine.inventory.section import Section
from engine.model.role import ANY_TEAM, EVERYBODY, Grant, Role
from engine.model.scope import Scope

OWN = "own"
TEAM = "team:"
_NAMES: Any = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


def _names(value: Any) -> list[str]:
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(name, str) and name for name in found):
        raise mismatch("a name, or a list of names", value)
    return found


NamesOf = Annotated[list[str], PlainValidator(_names), WithJsonSchema(_NAMES)]


class GrantEntry(Section):
    """A role for some people; a name alone grants it for everything."""

    who: NamesOf = Field(
        description="Users, team:NAME, team:* (members of any team), or * (whoever reaches the socket)"
    )
    services: NamesOf = Field(default=[], description="Only these services; `own`: those of the person's own teams")
    environments: Annotated[list[Name], BlankList] = Field(default=[], description="Only in these environments")
    teams: Annotated[list[Name], BlankList] = Field(default=[], description="Only services of these teams")
    labels: Annotated[dict[Name, FreeText], Blank] = Field(
        default={}, description="Only services with all these labels"
    )

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, data: Any) -> Any:
        return {"who": data} if isinstance(data, str) and data else data


class _OrName:
    """For editors: a grant may be a name alone."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(core)]}


Grants = Annotated[list[Annotated[GrantEntry, _OrName]], BlankList]


class RolesEntry(Section):
    """Who may do what. With this section, whatever it does not grant is denied."""

    viewer: Grants = Field(default=[], description="May look")
    deployer: Grants = Field(default=[], description="May also deploy, roll back, hold, pause, abort, retry")
    approver: Grants = Field(default=[], description="May also approve and reject, where a policy lets them")
    admin: Grants = Field(default=[], description="May do everything")


def make_roles(read: Read[RolesEntry], scopes: Scopes, *, declared: bool) -> tuple[Grant, ...]:
    """The grants, their names known; none means that no roles are ``declared``."""
    found: list[Grant] = []
    for role in Role:
        entries: list[GrantEntry] = getattr(read.value, role.value)
        found += [_grant(read, scopes, role, index, entry) for index, entry in enumerate(entries)]
    if declared and not read.value.admin:
        scopes.faults.add(
            read.at(), "value", "roles: no admin is named, so nobody could ever expedite a change or retire a host"
        )
    return tuple(found)


def _grant(read: Read[RolesEntry], scopes: Scopes, role: Role, index: int, entry: GrantEntry) -> Grant:
    for place, name in enumerate(entry.who):
        team = name.removeprefix(TEAM)
        if name not in (ANY_TEAM, EVERYBODY) and team != name and team not in scopes.teams:
            path = (role.value, index, "who", place) if len(entry.who) > 1 else (role.value, index)
            scopes.faults.unknown(read.at(*path), read.name(*path), "team", team, scopes.teams)
    own = entry.services == [OWN]
    services = [] if own else entry.services
    # Not validated again: a name that is none is an unknown name all the same.
    written = ScopeEntry.model_construct(
        environments=entry.environments, teams=entry.teams, services=services, labels=entry.labels
    )
    scope = scopes.make(read, (role.value, index), written)
    return Grant(role, tuple(entry.who), Scope(scope.environments, scope.teams, scope.services, scope.labels), own)
