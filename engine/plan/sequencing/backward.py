"""The whole chain of a way back: where those joined with a service refuse its older version, the
older good versions of theirs that accept it, and so on, as one set of goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.model.names import InstanceId
from engine.model.state import Good
from engine.plan.estate import Estate
from engine.plan.people.bad import is_bad
from engine.plan.sequencing.sequence import clash_of, order


def chain(estate: Estate, environment: str, goals: Mapping[str, Good]) -> dict[str, Good]:
    """``goals``, and what has to go back with them so that everything accepts everything, each
    to its newest good version that will do; {} if there is no such set, or no safe order of it."""
    found = _closed(estate, environment, dict(goals))
    if found is None:
        return {}
    versions = {name: good.version for name, good in found.items()}
    return {} if order(estate, environment, versions).locksteps else found


def _closed(estate: Estate, environment: str, work: dict[str, Good]) -> dict[str, Good] | None:
    """``work`` with one more service after the other, until nothing clashes; tries the newest
    good version of each first."""
    refusing = _refusing(estate, environment, work)
    if refusing is None:
        return work
    if refusing in work:
        return None
    for good in _choices(estate, InstanceId(refusing, environment)):
        found = _closed(estate, environment, {**work, refusing: good})
        if found is not None:
            return found
    return None


def _refusing(estate: Estate, environment: str, work: Mapping[str, Good]) -> str | None:
    """The first service that would run beside a version it must not run beside."""
    for name, good in sorted(work.items()):
        for other in estate.neighbours(name):
            theirs = {work[other].version} if other in work else estate.may_run(InstanceId(other, environment))
            if clash_of(estate, name, [good.version], other, theirs):
                return other
            if clash_of(estate, other, theirs, name, [good.version]):
                return other
    return None


def _choices(estate: Estate, instance: InstanceId) -> Iterator[Good]:
    """Where an instance can go back to, newest first."""
    known = estate.known(instance)
    for good in reversed(known.good):
        if good.version != known.target and not is_bad(estate, instance, good.version):
            yield good
