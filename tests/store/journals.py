"""Events and states to put into journals: simple ones by number, and any at all by Hypothesis."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_type_hints

from hypothesis import strategies as st

from engine.model.alarm import AlarmState
from engine.model.change import Change
from engine.model.event import Event, HostSeen, MoveIntended, Recorded
from engine.model.external import ExternalState
from engine.model.healing import Healing
from engine.model.maintenance import Maintenance
from engine.model.names import InstanceId
from engine.model.observation import HostState, Reach, Sighting
from engine.model.service import Configuration
from engine.model.state import Deployed, Drained, InstanceState, State

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(str, st.text(max_size=8))


def recorded(first: int, last: int) -> list[Recorded]:
    """Plain events ``first`` to ``last``; every third belongs to change 7."""
    return [Recorded(seq, AT + timedelta(seconds=seq), seq / 3, _event(seq)) for seq in range(first, last + 1)]


def _event(seq: int) -> Event:
    if seq % 3 == 0:
        return MoveIntended("7", "ledger", "h1", f"step-{seq}", None, "2.0", 1)
    return HostSeen(f"h{seq}", Reach.UP, "boot", True)


def anything_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Instances of a frozen dataclass with every field drawn, defaults too."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: _of(hints[field.name]) for field in fields(kind)})


def _of(hint: Any) -> st.SearchStrategy[Any]:
    origin, arguments = getattr(hint, "__origin__", None), get_args(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        return anything_of(hint)
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(_of(arguments[0]), max_size=2).map(tuple)
    if origin is not None and len(arguments) == 2 and arguments[0] is str:
        return st.dictionaries(st.text(max_size=5), _of(arguments[1]), max_size=2)
    if arguments and origin is None:
        return st.one_of([_of(argument) for argument in arguments])
    return st.from_type(hint)


def states() -> st.SearchStrategy[State]:
    """States whose mappings are keyed as they are in the engine: by what each value names."""
    hints = {field.name: _of(get_type_hints(State)[field.name]) for field in fields(State) if field.type != "Mapping"}
    scalars = {name: hint for name, hint in hints.items() if name not in _KEYED}
    keyed = {
        name: st.lists(anything_of(kind), max_size=3).map(lambda values, key=key: {key(v): v for v in values})
        for name, (kind, key) in _KEYED.items()
    }
    return st.builds(State, **scalars, **keyed)


def _instance_id(instance: InstanceState) -> InstanceId:
    return instance.id


_KEYED: dict[str, tuple[type[Any], Any]] = {
    "instances": (InstanceState, _instance_id),
    "sightings": (Sighting, lambda sighting: sighting.placement),
    "hosts": (HostState, lambda host: host.host),
    "changes": (Change, lambda change: change.id),
    "drained": (Drained, lambda drained: drained.placement),
    "alarms": (AlarmState, lambda alarm: alarm.alarm),
    "healings": (Healing, lambda healing: healing.placement),
    "externals": (ExternalState, lambda external: external.external),
    "deployed": (Deployed, lambda deployed: deployed.placement),
    "configurations": (Configuration, lambda configuration: configuration.digest),
    "maintenance": (Maintenance, lambda aside: aside.host),
}
