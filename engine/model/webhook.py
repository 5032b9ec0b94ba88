"""Webhooks: who is told when something happens that people wait for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.model.hook import SecretSource


class Told(StrEnum):
    """What a webhook can be told of."""

    APPROVAL_WANTED = "approval_wanted"
    DONE = "done"
    FAILED = "failed"
    REVERTED = "reverted"
    HEAL_FAILED = "heal_failed"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told of some ``events`` by POST. ``secret`` signs what is sent, if there
    is one."""

    name: str
    url: str
    events: tuple[Told, ...]
    secret: SecretSource | None = None
