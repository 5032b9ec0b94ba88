"""What a service is run by besides a command: an image, or commands of the user's own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Container:
    """Driver ``container``. ``image`` holds ``{version}`` once; ``options`` are given to podman's or
    docker's ``run`` as they stand, each one word."""

    image: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """Driver ``script``. ``apply`` makes the version in INTERLOCK_VERSION run, and stops what runs if
    that is empty; ``observe`` prints the version that runs. Timeouts are in seconds."""

    apply: tuple[str, ...]
    observe: tuple[str, ...]
    apply_timeout_s: float = 60.0
    observe_timeout_s: float = 10.0
