"""Who may do what: roles, granted to people for services and environments.

The four are Kubernetes' view/edit/admin with the reviewer's role kept apart, so that nobody has
to be able to deploy in order to approve, or the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from engine.model.scope import Scope

EVERYBODY = "*"
ANY_TEAM = "team:*"


class Role(StrEnum):
    """What a person may do. Every role may look; an admin may do everything."""

    VIEWER = "viewer"
    DEPLOYER = "deployer"
    APPROVER = "approver"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role for the people in ``who`` (users, ``team:NAME``, ``team:*`` for the members of any
    team, ``*`` for whoever reaches the engine's socket), for what ``scope`` covers. ``own``: of
    that, only services of a team that the person belongs to."""

    role: Role
    who: tuple[str, ...]
    scope: Scope = field(default_factory=Scope)
    own: bool = False

    @property
    def is_everywhere(self) -> bool:
        """Whether it holds for the whole estate, and so for the engine itself."""
        return self.scope.is_empty and not self.own
