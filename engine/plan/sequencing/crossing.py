"""The search behind bridges: single moves, one service after the other, from what runs to what
is wanted, over at most two versions in between, so that whatever runs side by side on the way
is compatible. It knows nothing of estates; a problem is a tuple of ``Bank`` and its answer is
kept, because the planner asks the same again at every look.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from engine.model.service import Need
from engine.model.version import Scheme, satisfies

MAX_BETWEEN = 2
MAX_STATES = 20_000

Hop = tuple[str, str]  # service, the version it goes to
Versions = frozenset[str]
_State = tuple[Versions, ...]


@dataclass(frozen=True, slots=True)
class Bank:
    """One service: what of it may run now, and where it is to go (None: it stays as it is).

    ``stones`` are the versions it may step on between, best first: (cost, version).
    """

    service: str
    scheme: Scheme
    needs: tuple[Need, ...]
    start: Versions
    goal: str | None = None
    stones: tuple[tuple[int, str], ...] = ()

    @property
    def versions(self) -> list[str]:
        """Every version of it that the search may meet."""
        return sorted({*self.start, *(version for _, version in self.stones), *((self.goal,) if self.goal else ())})


@dataclass(frozen=True, slots=True)
class Crossing:
    """``hops`` are the moves in order, None if none were found. ``gave_up``: there were more ways
    than are looked through, so that there may be one all the same, or a shorter one."""

    hops: tuple[Hop, ...] | None
    gave_up: bool = False


@lru_cache(maxsize=512)
def cross(banks: tuple[Bank, ...]) -> Crossing:
    """The moves with as few stones as do it, then the cheapest, over two stones at most. Ties go
    by the order of ``banks``."""
    refused = _refused(banks)
    banks = tuple(_thinned(index, banks, refused) for index in range(len(banks)))
    gave_up = False
    for limit in range(MAX_BETWEEN + 1):
        found = _search(banks, refused, limit)
        gave_up = gave_up or found.gave_up
        if found.hops is not None:
            return Crossing(found.hops, gave_up)
    return Crossing(None, gave_up)


_Refused = dict[int, dict[int, frozenset[tuple[str, str]]]]


def _refused(banks: tuple[Bank, ...]) -> _Refused:
    """For each pair of joined services, by index and both ways round: the versions that must
    not run side by side."""
    found: _Refused = {index: {} for index in range(len(banks))}
    for i, consumer in enumerate(banks):
        for j, provider in enumerate(banks):
            needs = [need for need in consumer.needs if need.provider == provider.service]
            if i == j or not needs:
                continue
            pairs = {
                (mine, theirs)
                for mine in consumer.versions
                for theirs in provider.versions
                if any(_breaks(consumer, mine, provider, theirs, need) for need in needs)
            }
            found[i][j] = found[i].get(j, frozenset()) | pairs
            found[j][i] = found[j].get(i, frozenset()) | {(theirs, mine) for mine, theirs in pairs}
    return found


def _breaks(consumer: Bank, mine: str, provider: Bank, theirs: str, need: Need) -> bool:
    applies = not need.when or satisfies(consumer.scheme, mine, need.when)
    return applies and not satisfies(provider.scheme, theirs, need.version)


def _thinned(index: int, banks: tuple[Bank, ...], refused: _Refused) -> Bank:
    """A bank with one stone, the cheapest, of all those that get on with the same versions."""
    bank = banks[index]
    if len(bank.stones) < 2:
        return bank
    kept: dict[frozenset[tuple[int, str]], tuple[int, str]] = {}
    for stone in bank.stones:
        foes = frozenset(
            (other, theirs) for other, pairs in refused[index].items() for mine, theirs in pairs if mine == stone[1]
        )
        if foes not in kept or stone[0] < kept[foes][0]:
            kept[foes] = stone
    stones = tuple(stone for stone in bank.stones if stone in kept.values())
    return Bank(bank.service, bank.scheme, bank.needs, bank.start, bank.goal, stones)


def _search(banks: tuple[Bank, ...], refused: _Refused, limit: int) -> Crossing:
    """The cheapest way over ``limit`` stones at most (Dijkstra over what runs where)."""
    turn = count()
    start: _State = tuple(bank.start for bank in banks)
    heap: list[tuple[int, int, int, _State, tuple[Hop, ...]]] = [(0, 0, next(turn), start, ())]
    seen: set[_State] = set()
    while heap and len(seen) < MAX_STATES:
        stones, cost, _, state, path = heapq.heappop(heap)
        if state in seen:
            continue
        seen.add(state)
        if all(bank.goal is None or versions == {bank.goal} for bank, versions in zip(banks, state, strict=True)):
            return Crossing(path)
        for index, version, price in _hops(banks, state, stones < limit):
            if _is_safe(refused[index], state, version):
                then = (*state[:index], frozenset({version}), *state[index + 1 :])
                if then not in seen:
                    step = (*path, (banks[index].service, version))
                    more = 0 if version == banks[index].goal else 1
                    heapq.heappush(heap, (stones + more, cost + price, next(turn), then, step))
    return Crossing(None, gave_up=bool(heap))


def _hops(banks: tuple[Bank, ...], state: _State, may_step: bool) -> Iterator[tuple[int, str, int]]:
    """Every single move from a state: (index of the service, version, cost)."""
    for index, bank in enumerate(banks):
        if bank.goal is None or state[index] == {bank.goal}:
            continue
        yield index, bank.goal, 0
        for cost, version in bank.stones if may_step else ():
            if version not in state[index]:
                yield index, version, cost


def _is_safe(refused: dict[int, frozenset[tuple[str, str]]], state: _State, version: str) -> bool:
    """Whether the version may run beside all that runs of its neighbours. What ran before it
    did so already, so that the mixed state in between adds nothing."""
    return not any((version, theirs) in pairs for other, pairs in refused.items() for theirs in state[other])
