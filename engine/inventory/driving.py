"""Which keys of a service go with which driver, and what those of one driver only come to."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from types import MappingProxyType

from engine.inventory.faults import Faults, quote
from engine.inventory.node import table_of
from engine.inventory.reading import Read
from engine.inventory.service_entries import ServiceEntry
from engine.model.running import Container, Script
from engine.model.service import DriverName

DEFAULT_BASE: Mapping[DriverName, str] = MappingProxyType(
    {driver: "/opt/interlock" if driver is DriverName.SYSTEMD else "interlock" for driver in DriverName}
)
# Every key that some driver does not have, with those that do.
_OF_DRIVERS: Mapping[str, tuple[DriverName, ...]] = MappingProxyType(
    {
        "command": (DriverName.SYSTEMD, DriverName.PROCESS, DriverName.CONTAINER),
        "artifact": (DriverName.SYSTEMD, DriverName.PROCESS, DriverName.SCRIPT),
        "unit": (DriverName.SYSTEMD,),
        "user": (DriverName.SYSTEMD,),
        "image": (DriverName.CONTAINER,),
        "options": (DriverName.CONTAINER,),
        "apply": (DriverName.SCRIPT,),
        "apply_timeout": (DriverName.SCRIPT,),
        "observe": (DriverName.SCRIPT,),
        "observe_timeout": (DriverName.SCRIPT,),
    }
)


def check_driver(read: Read[ServiceEntry], driver: DriverName, faults: Faults) -> None:
    """Keys that only make sense together, or with one driver."""
    written = frozenset(table_of(read.node))
    for key, drivers in _OF_DRIVERS.items():
        if key in written and driver not in drivers:
            message = f"{read.name(key)}: the {driver} driver has no {key}; remove it, or use driver: {drivers[0]}"
            faults.add(read.at(key), "conflict", message)
    _CHECKS[driver](read, written, faults)
    base = read.value.base
    if "base" in written and (".." in base.split("/") or (driver is DriverName.SYSTEMD and not base.startswith("/"))):
        message = f"{read.name('base')}: expected an absolute path without '..', found {quote(base)}"
        faults.add(read.at("base"), "value", message)


def _missing(read: Read[ServiceEntry], key: str, expected: str, faults: Faults) -> None:
    here = read.at("driver") if read.has("driver") else read.at()
    faults.add(here, "missing", f"{read.name(key)}: missing; expected: {expected}")


def _check_systemd(read: Read[ServiceEntry], written: frozenset[str], faults: Faults) -> None:
    if {"command", "unit"} <= written:
        faults.add(read.at("unit"), "conflict", f"{read.name('unit')}: either command or unit, not both")
    elif not {"command", "unit"} & written:
        _missing(read, "command", "a command, or unit: FILE", faults)
    elif {"unit", "user"} <= written:
        message = f"{read.name('user')}: a unit file of your own sets the user; write User= there"
        faults.add(read.at("user"), "conflict", message)


def _check_process(read: Read[ServiceEntry], written: frozenset[str], faults: Faults) -> None:
    if "command" not in written:
        _missing(read, "command", "what to run, such as bin/serve", faults)


def _check_container(read: Read[ServiceEntry], written: frozenset[str], faults: Faults) -> None:
    if "image" not in written:
        _missing(read, "image", "an image such as registry.example/app:{version}", faults)
    try:
        shlex.split(read.value.command)
    except ValueError as error:
        message = f"{read.name('command')}: cannot be taken apart into arguments: {str(error).lower()}"
        faults.add(read.at("command"), "value", message)


def _check_script(read: Read[ServiceEntry], written: frozenset[str], faults: Faults) -> None:
    entry = read.value
    for key in ("apply", "observe"):
        if not getattr(entry, key) and key not in read.unread:
            _missing(read, key, f"a command such as [bin/{key}]", faults)
    if any("{version}" in word for word in entry.observe):
        message = f"{read.name('observe')}: it is to find out which version runs, and cannot be told: no {{version}}"
        faults.add(read.at("observe"), "value", message)
    if entry.apply_timeout >= entry.rollout.healthy_deadline and not read.unread & {"apply_timeout", "rollout"}:
        message = (
            f"{read.name('apply_timeout')}: expected less than rollout.healthy_deadline, found "
            f"{entry.apply_timeout:g}s and {entry.rollout.healthy_deadline:g}s"
        )
        faults.add(read.at("apply_timeout") if "apply_timeout" in written else read.at(), "value", message)


_CHECKS = MappingProxyType(
    {
        DriverName.SYSTEMD: _check_systemd,
        DriverName.PROCESS: _check_process,
        DriverName.CONTAINER: _check_container,
        DriverName.SCRIPT: _check_script,
    }
)


def make_container(entry: ServiceEntry) -> Container:
    """How the containers of a service are run."""
    return Container(entry.image, tuple(entry.options))


def make_script(entry: ServiceEntry) -> Script:
    """The commands of a service's own driver."""
    return Script(tuple(entry.apply), tuple(entry.observe), entry.apply_timeout, entry.observe_timeout)
