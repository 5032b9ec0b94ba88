"""Events and State to JSON and back, exactly, through pydantic.

An event's class name is its kind. Reading is lenient in one direction only: a field that an
older engine did not write gets its default, but a kind or field that this engine does not
know is refused. Half-read facts would be worse than none (a hold or a goal silently dropped
decides differently), so a journal that a newer engine wrote is a newer engine's to read.

State's mappings are stored as lists of their values, since JSON has no tuples as keys and
each value carries its own key; those of ``soaks`` do not, and are stored with theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from engine.errors import StoreDamaged
from engine.model.alarm import AlarmState
from engine.model.change import Change
from engine.model.event import ChangeAccepted, Event, Recorded
from engine.model.external import ExternalState
from engine.model.healing import Healing
from engine.model.maintenance import Maintenance
from engine.model.names import InstanceId
from engine.model.observation import HostState, Sighting
from engine.model.service import Configuration
from engine.model.soak import Soak
from engine.model.state import Deployed, Drained, InstanceState, State
from engine.store.chain import EventRow

FORMAT = 1  # of snapshots; another one is passed over and the state folded from older ones


class _StoredState(BaseModel):
    """State with every mapping as a list; the names are State's own (a test compares)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    store: str
    epoch: int
    engine: str
    elapsed_s: float
    next_change: int
    paused_by: str
    instances: tuple[InstanceState, ...]
    sightings: tuple[Sighting, ...]
    hosts: tuple[HostState, ...]
    changes: tuple[Change, ...]
    alarms: tuple[AlarmState, ...] = ()
    externals: tuple[ExternalState, ...] = ()
    soaks: tuple[tuple[InstanceId, tuple[Soak, ...]], ...] = ()
    deployed: tuple[Deployed, ...] = ()
    configurations: tuple[Configuration, ...] = ()
    healings: tuple[Healing, ...] = ()
    heals: int = 0
    maintenance: tuple[Maintenance, ...] = ()
    drained: tuple[Drained, ...] = ()
    former: tuple[Change, ...] = ()


@cache
def kinds() -> Mapping[str, type[Event]]:
    """Every event class by its kind in the journal."""
    return {kind.__name__: kind for kind in get_args(Event)}


@cache
def _adapter(kind: str) -> TypeAdapter[tuple[Event]]:
    # A tuple of one, because pydantic takes a configuration for everything but dataclasses.
    one: Any = tuple.__class_getitem__(kinds()[kind])
    return TypeAdapter(one, config=ConfigDict(extra="forbid"))


@cache
def _run_adapter(kind: str) -> TypeAdapter[tuple[Event, ...]]:
    several: Any = tuple.__class_getitem__((kinds()[kind], ...))
    return TypeAdapter(several, config=ConfigDict(extra="forbid"))


def change_of(event: Event) -> str | None:
    """The id of the change an event belongs to, for the index; None if to none."""
    if isinstance(event, ChangeAccepted):
        return event.change.id
    return getattr(event, "change", None)


def encode_event(recorded: Recorded) -> EventRow:
    """One row of the table ``event``."""
    kind = type(recorded.event).__name__
    body = _adapter(kind).serializer.to_json((recorded.event,))[1:-1].decode()
    return (
        recorded.seq,
        recorded.at.isoformat(),
        recorded.elapsed_s,
        kind,
        change_of(recorded.event),
        body,
    )


def decode_event(row: tuple[Any, ...]) -> Recorded:
    """The event of one row (seq, at, elapsed_s, kind, body); StoreDamaged if it cannot be read."""
    seq, at, elapsed_s, kind, body = row
    if kind not in kinds():
        raise StoreDamaged(
            f"event {seq} of the journal is a {kind!r}, which this version of Interlock does not know. "
            "Nothing was changed; a newer version wrote it: start that one."
        )
    try:
        (event,) = _adapter(kind).validate_json(f"[{body}]")
        return Recorded(seq, datetime.fromisoformat(at), elapsed_s, event)
    except (ValidationError, ValueError, TypeError) as error:
        raise StoreDamaged(
            f"event {seq} of the journal ({kind}) cannot be read: {_first(error)}. "
            "Nothing was changed; start the version of Interlock that wrote it, or restore a backup."
        ) from error


def encode_state(state: State) -> str:
    """A snapshot's body."""
    plain: dict[str, Any] = {
        name: tuple(value.values()) if isinstance(value, Mapping) else value
        for name, value in ((field.name, getattr(state, field.name)) for field in fields(state))
    }
    plain["soaks"] = tuple(state.soaks.items())
    return _StoredState.model_construct(None, **plain).model_dump_json()


def decode_state(body: str) -> State:
    """The state in a snapshot's body; ValidationError (a ValueError) if it cannot be read."""
    stored = _StoredState.model_validate_json(body)
    plain = {name: getattr(stored, name) for name in _StoredState.model_fields}
    plain["instances"] = {instance.id: instance for instance in stored.instances}
    plain["sightings"] = {sighting.placement: sighting for sighting in stored.sightings}
    plain["hosts"] = {host.host: host for host in stored.hosts}
    plain["alarms"] = {alarm.alarm: alarm for alarm in stored.alarms}
    plain["externals"] = {external.external: external for external in stored.externals}
    plain["changes"] = {change.id: change for change in stored.changes}
    plain["soaks"] = dict(stored.soaks)
    plain["deployed"] = {deployed.placement: deployed for deployed in stored.deployed}
    plain["healings"] = {healing.placement: healing for healing in stored.healings}
    plain["configurations"] = {configuration.digest: configuration for configuration in stored.configurations}
    plain["maintenance"] = {aside.host: aside for aside in stored.maintenance}
    plain["drained"] = {drained.placement: drained for drained in stored.drained}
    return State(**plain)


def decode_events(rows: Iterable[tuple[Any, ...]]) -> list[Recorded]:
    """All rows, in their order. Those of one kind are read together, which is several times faster;
    if one cannot be read, all are read one by one, to say which it was."""
    rows = list(rows)
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row[3], []).append(place)
    found: dict[int, Event] = {}
    try:
        for kind, where in places.items():
            bodies = ",".join([rows[place][4] for place in where])
            found.update(zip(where, _run_adapter(kind).validate_json(f"[{bodies}]"), strict=True))
        return [Recorded(row[0], datetime.fromisoformat(row[1]), row[2], found[at]) for at, row in enumerate(rows)]
    except (LookupError, ValueError, TypeError):
        return [decode_event(row) for row in rows]


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        detail = error.errors()[0]
        place = ".".join(str(part) for part in detail["loc"][1:]) or "it"
        return f"{place}: {detail['msg']}"
    return str(error)
