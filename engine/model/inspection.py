"""What a host says of itself when it is inspected for ``doctor``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BaseFolder:
    """A base folder. ``folder`` is the nearest one that exists on the way to it; ``free_bytes`` and
    ``free_inodes`` are -1 where the file system does not tell."""

    base: str
    folder: str
    writable: bool
    free_bytes: int
    free_inodes: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """One host. ``clock_s`` is its Unix time, ``tools`` what it has of those that are ever needed,
    ``users`` those of the users asked about that it knows."""

    boot_id: str
    clock_s: float
    login: str
    uid: int
    kernel: str
    tools: frozenset[str]
    has_systemd: bool
    bases: tuple[BaseFolder, ...]
    users: frozenset[str]
