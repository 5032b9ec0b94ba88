"""The services' own last words, fetched from their hosts where the journal holds none: a move
that went well leaves no log behind, and an operator may want to see one all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from engine.api.port import Port
from engine.api.protocol import LogView
from engine.errors import InterlockError
from engine.model.change import Change
from engine.model.names import PlacementId
from engine.model.text import printable

LINES = 50


async def with_service_logs(port: Port, change: Change, logs: Sequence[LogView]) -> list[LogView]:
    """The same logs; those of finished moves that hold no lines get the service's last ones,
    or a ``detail`` that says why the host could not be asked."""
    return list(await asyncio.gather(*(_filled(port, change, log) for log in logs)))


async def _filled(port: Port, change: Change, log: LogView) -> LogView:
    inventory = port.snapshot.inventory
    if log["lines"] or log["state"] == "moving" or log["host"] not in inventory.hosts:
        return log
    if log["service"] not in inventory.services or log["step"] in change.hooks:
        return log
    placement = PlacementId(log["service"], change.environment, log["host"])
    try:
        lines = await port.service_log(placement, LINES)
    except InterlockError as error:
        return {**log, "detail": printable(log["detail"] or f"its log could not be read: {error}")}
    return {**log, "lines": [printable(line) for line in lines]}
