"""Keeps every inventory that decisions are made from, in the journal and once for each content, and
finds the one of any moment again: the state is the fold of events, and this is the other half of
what the planner was told.
"""

from __future__ import annotations

import asyncio

import structlog

from engine.errors import StoreDamaged
from engine.inventory.kept import from_text, to_text
from engine.model.access import InventoryLoaded
from engine.model.inventory import Inventory
from engine.store.protocol import Store

log = structlog.get_logger()
KIND = frozenset({InventoryLoaded.__name__})


async def keep(store: Store, inventory: Inventory) -> InventoryLoaded | None:
    """Keep an inventory; the event to record at the moment from which it holds, None if it is the
    one that held last. It is on disk before the event that names it."""
    digest = await store.keep_inventory(await asyncio.to_thread(to_text, inventory))
    return None if digest == await digest_at(store, None) else InventoryLoaded(digest)


async def digest_at(store: Store, seq: int | None) -> str:
    """The digest of the inventory that held after event ``seq`` (None: the last); "" if none was
    kept by then, as in journals of older versions."""
    found = await store.read(newest=True, limit=1, before=0 if seq is None else seq + 1, kinds=KIND)
    event = found[-1].event if found else None
    return event.digest if isinstance(event, InventoryLoaded) else ""


async def inventory_at(store: Store, seq: int) -> tuple[str, Inventory] | None:
    """The inventory that held after event ``seq``, with its digest; None if it was not kept, or
    cannot be read by this version (which the log says)."""
    digest = await digest_at(store, seq)
    try:
        text = await store.inventory(digest) if digest else None
        return (digest, await asyncio.to_thread(from_text, text)) if text is not None else None
    except (ValueError, StoreDamaged) as error:
        log.warning("the inventory of then cannot be read; today's stands in for it", seq=seq, why=str(error)[:200])
        return None
