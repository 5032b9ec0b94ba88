"""Hosts under maintenance, as the invariants see them: which count for nothing, and whether a step
began where none may.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.change import UNFINISHED_ROLLOUT, Kind
from engine.model.maintenance import Upkeep
from engine.model.snapshot import Snapshot


class Aside:
    """Follows one engine's steps. ``retired`` are the hosts that are out of every rule,
    ``bare`` the steps that take something away for good: no hook runs for them."""

    def __init__(self) -> None:
        self.retired: frozenset[str] = frozenset()
        self._shut: frozenset[str] = frozenset()
        self.bare: set[str] = set()
        self._known: set[str] = set()

    def stepped(self, snapshot: Snapshot) -> Iterator[str]:
        """A sentence for each step that was begun although its host was aside before already."""
        aside = snapshot.state.maintenance
        shut = self._shut & aside.keys()
        for change, item, move in snapshot.state.moves_in_flight():
            if move.goal is None and (change.kind is Kind.REMOVE or move.host in _retired(snapshot)):
                self.bare.add(move.step)
            new, begins = move.step not in self._known, move.goal is not None and not move.back
            exempt = change.kind is Kind.DRAIN or (item.outage is not None and item.status in UNFINISHED_ROLLOUT)
            if new and begins and not exempt and move.host in shut:
                yield f"change {change.id} begins {move.step} on {move.host}, which is under maintenance"
            self._known.add(move.step)
        for healing, move in snapshot.state.heals_in_flight():
            if move.step not in self._known and move.host in shut:
                yield f"{healing.placement} is healed on {move.host}, which is under maintenance"
            self._known.add(move.step)
        self._shut = frozenset(aside)
        self.retired = _retired(snapshot)


def _retired(snapshot: Snapshot) -> frozenset[str]:
    aside = snapshot.state.maintenance
    return frozenset(name for name, each in aside.items() if each.upkeep is Upkeep.RETIRED)
