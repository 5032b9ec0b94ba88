"""Sets of instants, as sorted spans [begin, end) of whole seconds since 1970 that neither
touch nor overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Span = tuple[int, int]
Spans = tuple[Span, ...]


def unite(spans: Iterable[Span]) -> Spans:
    """All instants in any of the spans."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif begin < end:
            found.append((begin, end))
    return tuple(found)


def intersect(one: Spans, other: Spans) -> Spans:
    """All instants in both sets."""
    return unite(
        (max(begin, start), min(end, stop))
        for begin, end in one
        for start, stop in other
        if start < end and begin < stop
    )


def subtract(one: Spans, other: Spans) -> Spans:
    """All instants of ``one`` that are not in ``other``."""
    left = list(one)
    for start, stop in other:
        left = [piece for span in left for piece in _without(span, start, stop)]
    return tuple(left)


def _without(span: Span, start: int, stop: int) -> Iterator[Span]:
    begin, end = span
    if stop <= begin or end <= start:
        yield span
        return
    if begin < start:
        yield begin, start
    if stop < end:
        yield stop, end
