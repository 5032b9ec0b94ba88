"""The estate a little later: what was found out about everything to which nothing happened is kept.

Two callers go from moment to moment: the planner, from one plan to the next (``going_on``, which
compares the two snapshots; ``is_at_rest`` tells when there is nothing to compare), and the forecast,
which knows what it touched (``still``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any, TypeVar

from engine.model.change import Change
from engine.model.names import InstanceId
from engine.model.snapshot import Snapshot
from engine.plan.estate import DECLARED, Estate

# What holds for a whole estate: where it differs, everything is looked at anew.
ANEW = ("paused_by", "maintenance")
# What has to be worked out from all changes again.
SUMMED_UP = ("overhead",)

T = TypeVar("T")


def going_on(before: Estate, snapshot: Snapshot) -> Estate:
    """The estate of a snapshot, given that of an earlier one."""
    old, new = before.snapshot, snapshot
    same = new.inventory is old.inventory and new.catalog is old.catalog and new.draining is old.draining
    if not same or any(getattr(new.state, name) != getattr(old.state, name) for name in ANEW):
        return Estate(snapshot)
    touched = set(_touched(before, snapshot))
    later = _after(before, snapshot, touched)
    for name in SUMMED_UP:
        later.answers.pop(name, None)
    return later


def is_at_rest(before: Estate, snapshot: Snapshot) -> bool:
    """Whether nothing but time has passed since the estate was looked at, and nothing in it waits for
    time: no change is unfinished, nothing drifts and no step is under way. What was planned of it, if that
    was nothing, is nothing still."""
    old, state = before.snapshot, snapshot.state
    return (
        state is old.state
        and snapshot.inventory is old.inventory
        and snapshot.catalog is old.catalog
        and (snapshot.executing, snapshot.staging) == (old.executing, old.staging)
        and snapshot.draining is old.draining
        and not state.is_restless
        and not state.moves_in_flight()
        and not any(healing.differs or healing.flight for healing in state.healings.values())
    )


def still(before: Estate, snapshot: Snapshot, touched: Collection[InstanceId]) -> Estate:
    """The same, when only changes of the ``touched`` instances went on, none was accepted or
    forgotten, and no step has begun."""
    later = _after(before, snapshot, touched)
    if not before.errands:
        later.__dict__["errands"] = before.errands
    later.__dict__["items"] = before.items | {
        instance: [(change, change.item(instance.service)) for change in _changes_of(before, instance, snapshot)]
        for instance in touched
    }
    later.__dict__["stopped"] = before.stopped - frozenset(touched) | {
        instance for instance in touched if any(item.is_stopped for _, item in later.items[instance])
    }
    if not before.moving:
        later.__dict__["moving"] = before.moving
    return later


def _after(before: Estate, snapshot: Snapshot, touched: Collection[InstanceId]) -> Estate:
    later = Estate(snapshot, before.inventory)
    for name, known in before.answers.items():
        later.answers[name] = known if name in DECLARED else dict(known)
        if name not in DECLARED:
            for instance in touched:
                later.answers[name].pop(instance, None)
    later.near = _kept_near(before, touched)
    later.orders = dict(before.orders)
    for name in ("consumers", "instances", "tenants"):
        if name in before.__dict__:
            later.__dict__[name] = before.__dict__[name]
    later.__dict__["untold"] = (before.untold - frozenset(touched)) | {
        instance for instance in touched if later.known(instance).target is None and later.placements(instance)
    }
    if not before.away and not any(later.known(instance).away for instance in touched):
        later.__dict__["away"] = before.away
    return later


def _kept_near(before: Estate, touched: Collection[InstanceId]) -> dict[Any, Any]:
    """What gates said of items that neither were touched nor are joined with what was."""
    kept = dict(before.near)
    for name in {near for instance in touched for near in (instance.service, *before.neighbours(instance.service))}:
        for environment in before.inventory.environments:
            for change, _ in before.items.get(InstanceId(name, environment), ()):
                kept.pop((name, change.id), None)
    return kept


def _changes_of(before: Estate, instance: InstanceId, snapshot: Snapshot) -> list[Change]:
    known = snapshot.state.changes
    return [known[change.id] for change, _ in before.items.get(instance, ()) if change.id in known]


def _touched(before: Estate, snapshot: Snapshot) -> Iterator[InstanceId]:
    """Every instance of which anything differs between the two snapshots."""
    old, new = before.state, snapshot.state
    yield from (seen.placement.instance for seen in _news(old.sightings, new.sightings))
    yield from (drained.placement.instance for drained in _news(old.drained, new.drained))
    yield from (healing.placement.instance for healing in _news(old.healings, new.healings))
    yield from (known.id for known in _news(old.instances, new.instances))
    for change in _news(old.changes, new.changes):
        yield from (change.instance(item) for item in change.items)
    for host in _news(old.hosts, new.hosts):
        yield from before.tenants.get(host.host, ())
    if new.soaks is not old.soaks:
        yield from (name for name in {*old.soaks, *new.soaks} if old.soaks.get(name) is not new.soaks.get(name))


def _news(old: Mapping[Any, T], new: Mapping[Any, T]) -> Iterable[T]:
    """What is in one of the two and not, as the very same, at its place in the other. Each of these
    says itself what it is about, so that a mere difference of order only tells too much."""
    if old is new:
        return ()
    pairs = zip_longest(old.values(), new.values())
    return [each for a, b in pairs if a is not b for each in (a, b) if each is not None]
