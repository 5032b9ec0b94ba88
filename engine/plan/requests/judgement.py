"""The answer to a request that is granted."""

from __future__ import annotations

from engine.model.event import Event

# The events that grant it (none if nothing has to be done), and a sentence for the operator.
Judgement = tuple[tuple[Event, ...], str]
