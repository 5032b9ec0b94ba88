"""Webhooks: who is told when something happens that people wait for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from engine.model.hook import SecretSource
from engine.model.scope import Scope


class Told(StrEnum):
    """What a webhook can be told of."""

    APPROVAL_WANTED = "approval_wanted"
    DONE = "done"
    FAILED = "failed"
    REVERTED = "reverted"
    HEAL_FAILED = "heal_failed"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told by POST of some ``events`` about what ``scope`` covers. ``secret``
    signs what is sent, if there is one."""

    name: str
    url: str
    events: tuple[Told, ...]
    secret: SecretSource | None = None
    scope: Scope = field(default_factory=Scope)
