"""``SERVICE=VERSION`` as it is typed, and the request that several of them make."""

from __future__ import annotations

from collections.abc import Iterable

from engine.api.protocol import DeployRequest
from engine.errors import UsageError
from engine.model.text import printable


def parse(pairs: Iterable[str]) -> dict[str, str]:
    """The services with their versions. Raises UsageError for anything else, or a service twice."""
    found: dict[str, str] = {}
    for pair in pairs:
        service, equals, version = pair.partition("=")
        if not (service and equals and version):
            raise UsageError(f"{printable(pair, 100)!r} is not SERVICE=VERSION, such as checkout=2.0.0.")
        name, at, environment = service.partition("@")
        if at:
            name, environment = printable(name, 80), printable(environment, 80)
            raise UsageError(f"{name}={printable(version, 80)} -e {environment}: the environment is named with -e.")
        if found.setdefault(service, version) != version:
            raise UsageError(
                f"{printable(service, 80)} is named twice, at {found[service]} and {printable(version, 80)}."
            )
    return found


def parse_evidence(pairs: Iterable[str]) -> dict[str, str]:
    """Evidence by key; the value may hold anything. Raises UsageError for anything else."""
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals and value):
            raise UsageError(f"{printable(pair, 100)!r} is not KEY=VALUE, such as ticket=OPS-12.")
        if found.setdefault(key, value) != value:
            raise UsageError(f"{printable(key, 80)} is given twice.")
    return found


def deploy_request(services: dict[str, str], environment: str, reason: str = "", on_failure: str = "") -> DeployRequest:
    """The request; what was not given is left to the engine."""
    request: DeployRequest = {"environment": environment, "services": services}
    if reason:
        request["reason"] = reason
    if on_failure:
        request["on_failure"] = on_failure
    return request
