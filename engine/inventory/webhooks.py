"""``webhooks``: as they are written, and made into the model's."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from engine.inventory.alarms import AlarmUrl
from engine.inventory.faults import Faults
from engine.inventory.hook_entries import SecretEntry, make_secrets
from engine.inventory.node import Table
from engine.inventory.reading import read_entries
from engine.inventory.scalars import choice
from engine.inventory.scopes import ScopeEntry, Scopes
from engine.inventory.section import Section
from engine.model.webhook import Told, Webhook

_EVENT_NAMES = [each.value for each in Told]
EventName = Annotated[
    str, PlainValidator(choice(*_EVENT_NAMES)), WithJsonSchema({"type": "string", "enum": _EVENT_NAMES})
]


class WebhookEntry(Section):
    """An address that is told by HTTP POST when something happens that people wait for."""

    url: AlarmUrl = Field(description="Where to, such as https://chat.example/hooks/deploys")
    events: list[EventName] = Field(default=_EVENT_NAMES, description="What it is told of; default: everything")
    applies_to: ScopeEntry = Field(
        default=ScopeEntry(), description="What it is told about: changes that touch any of it; default: everything"
    )
    secret: SecretEntry | None = Field(
        default=None, description="Signs what is sent: the header X-Interlock-Signature-256 is made with it"
    )


def make_webhooks(document: Table, scopes: Scopes, faults: Faults) -> dict[str, Webhook]:
    """The webhooks of the inventory; faults are noted."""
    made: dict[str, Webhook] = {}
    for name, read in sorted(read_entries(WebhookEntry, document, "webhooks", faults).items()):
        entry = read.value
        secret = make_secrets({name: entry.secret}, read.at("secret").file)[name] if entry.secret else None
        events = tuple(Told(each) for each in entry.events)
        made[name] = Webhook(name, entry.url, events, secret, scopes.make(read, ("applies_to",), entry.applies_to))
    return made
