"""May this version begin to run here now? The interlocking's question of every single move."""

from __future__ import annotations

from collections.abc import Collection

from engine.model.names import InstanceId
from engine.plan.estate import Estate
from engine.plan.sequencing.sequence import Clash, clash_of


def unsafe(
    estate: Estate,
    instance: InstanceId,
    version: str | None,
    apart_from: Collection[str] = (),
    mine: frozenset[str] | None = None,
) -> Clash | None:
    """The clash that ``version`` would make with what neighbours (but those ``apart_from``) may run
    now; a pair that clashes already imposes nothing. ``mine``: what of the instance counts for that
    (None: all that may run)."""
    if version is None:
        return None
    mine, one = estate.may_run(instance) if mine is None else mine, frozenset({version})
    name = instance.service
    for other in estate.neighbours(name):
        if other in apart_from:
            continue
        theirs = estate.may_run(instance._replace(service=other))
        if not clash_of(estate, name, mine, other, theirs):
            clash = clash_of(estate, name, one, other, theirs)
            if clash:
                return clash
        if not clash_of(estate, other, theirs, name, mine):
            clash = clash_of(estate, other, theirs, name, one)
            if clash:
                return clash
    return None
