"""Whether what a copy of a journal keeps beside its events agrees with them: the snapshots, from which an engine
starts, and the inventories, from which it decided. The chain vouches for the events alone.
"""

from __future__ import annotations

from pathlib import Path

from engine.errors import IllegalTransition, StoreDamaged
from engine.model.access import InventoryLoaded
from engine.model.state import State
from engine.plan.evolve import evolve
from engine.store import copies
from engine.store.codec import decode_event


def disagreement(file: Path) -> str:
    """What does not agree with the events, as a sentence; "" if everything does. The events up to the newest snapshot
    are folded anew, so it takes as long as the history is. Raises StoreError for a file that cannot be read."""
    store, kept = copies.beside(file)
    state, inventories = State(store=store), set()
    for entry in copies.entries(file):
        recorded = decode_event((entry.seq, entry.at, entry.elapsed_s, entry.kind, entry.body))
        if isinstance(recorded.event, InventoryLoaded):
            inventories.add(recorded.event.digest)
        if not kept:
            continue
        try:
            state = evolve(state, recorded)
        except IllegalTransition as error:
            return f"event {entry.seq} does not follow from those before it: {error}"
        if entry.seq in kept and kept.pop(entry.seq) != state:
            return f"the snapshot of event {entry.seq} is not what the events come to (or another version wrote it)"
    if kept:
        return f"there is a snapshot of event {max(kept)}, which is not in the journal"
    return _wrong_inventory(file, inventories)


def _wrong_inventory(file: Path, inventories: set[str]) -> str:
    for digest in sorted(inventories):
        try:
            if copies.inventory(file, digest) is None:
                return f"the inventory {digest[:12]}, from which was decided, is missing"
        except StoreDamaged:
            return f"the inventory {digest[:12]} is not what was kept there"
    return ""
