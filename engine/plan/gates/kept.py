"""What gates said about an item, kept while it stays true. In one plan an item is judged to find its
line's leaders and again when its turn has come; and from one plan to the next most of a queue is
as it was: nothing happened to an item, nor to any service that it is joined with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.model.change import Change, Item
from engine.model.wait import Wait
from engine.plan.gates.case import Case
from engine.plan.gates.table import LOOKS_FAR, Gate, split


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said, by gate, of an item of a change, and what the line looked like from there."""

    change: Change
    item: Item
    view: tuple[object, ...]
    waits: Mapping[Gate, tuple[Wait, ...]]

    def fits(self, case: Case, view: tuple[object, ...]) -> bool:
        """Whether it was said of this very case."""
        return self.change is case.change and self.item is case.item and self.view == view


def standing(case: Case) -> Mapping[Gate, tuple[Wait, ...]]:
    """What the gates impose that whose turn it is does not change, by gate. ``Estate.judged`` holds
    what is true at this moment, ``Estate.near`` what stays true until something happens nearby."""
    estate, key, view = case.estate, (case.item.service, case.change.id), case.view
    judged: Judged | None = estate.judged.get(key)
    if judged is not None and judged.fits(case, view):
        return judged.waits
    known = estate.answers["gates"]
    if case.change.kind not in known:
        known[case.change.kind] = split(estate.inventory, case.change)
    lasting, passing = known[case.change.kind]
    near: Judged | None = estate.near.get(key)
    if near is None or not near.fits(case, view):
        near = Judged(case.change, case.item, view, _ask(case, lasting))
        if LOOKS_FAR.isdisjoint(near.waits):
            estate.near[key] = near
    waits = {**near.waits, **_ask(case, passing)}
    estate.judged[key] = Judged(case.change, case.item, view, waits)
    return waits


def _ask(case: Case, gates: Iterable[Gate]) -> dict[Gate, tuple[Wait, ...]]:
    return {gate: waits for gate in gates if (waits := tuple(gate(case)))}
