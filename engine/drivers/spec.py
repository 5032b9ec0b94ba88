"""One placement as its host needs to know it: a configuration with its placeholders filled in.

Placeholders stay unexpanded in ``Configuration`` (hence in its digest, which is what is
compared); they are filled in here, per placement, at the last moment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.model.inventory import Host
from engine.model.names import PlacementId
from engine.model.running import Container, Script
from engine.model.service import Configuration, DriverName, HealthCheck

PLACEHOLDERS = ("address", "host", "version", "environment", "service")
_PLACEHOLDER = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")


@dataclass(frozen=True, slots=True)
class PlacementSpec:
    """How one placement is run, checked and found: everything a host call about it needs.

    ``organization`` and ``base`` say which claim guards it. ``configuration`` is the digest of
    the configuration it was expanded from; ``version`` the release meant (None: none in
    particular, as when it is only observed). ``secrets`` are names: values are given where they
    are sent, and are held nowhere.
    """

    placement: PlacementId
    organization: str
    driver: DriverName
    base: str
    command: str
    configuration: str
    version: str | None = None
    unit: str = ""
    user: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    health: HealthCheck = field(default_factory=HealthCheck)
    secrets: tuple[str, ...] = ()
    container: Container | None = None
    script: Script | None = None

    @property
    def service(self) -> str:
        """The service's name: its folder below ``base`` and its unit's name."""
        return self.placement.service


def expand(
    configuration: Configuration,
    placement: PlacementId,
    host: Host,
    version: str | None,
    organization: str,
) -> PlacementSpec:
    """Fill in ``{address} {host} {version} {environment} {service}`` for one placement.

    Other braces stay as they are; ``{version}`` without a version becomes nothing.
    """
    values = values_of(placement, host, version)

    def fill(text: str) -> str:
        return filled(text, values)

    health = configuration.health
    return PlacementSpec(
        placement=placement,
        organization=organization,
        driver=configuration.driver,
        base=configuration.base,
        command=fill(configuration.command),
        configuration=configuration.digest,
        version=version,
        unit=configuration.unit,
        user=configuration.user,
        variables={name: fill(value) for name, value in configuration.variables.items()},
        health=replace(
            health,
            http=fill(health.http),
            tcp=fill(health.tcp),
            command=tuple(fill(word) for word in health.command),
            version=fill(health.version),
        ),
        secrets=tuple(sorted(configuration.secrets)),
        container=_container(configuration.container, values),
        script=_script(configuration.script, values),
    )


def _container(container: Container | None, values: Mapping[str, str]) -> Container | None:
    if container is None:
        return None
    return Container(filled(container.image, values), _all_filled(container.options, values))


def _script(script: Script | None, values: Mapping[str, str]) -> Script | None:
    if script is None:
        return None
    apply, observe = _all_filled(script.apply, values), _all_filled(script.observe, values)
    return replace(script, apply=apply, observe=observe)


def _all_filled(words: tuple[str, ...], values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(filled(word, values) for word in words)


def values_of(placement: PlacementId, host: Host, version: str | None) -> dict[str, str]:
    """What the placeholders stand for at one placement."""
    return {
        "address": host.address,
        "host": host.name,
        "version": version or "",
        "environment": placement.environment,
        "service": placement.service,
    }


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its placeholders filled in."""
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], text)
