"""What can be deployed: the artifacts known for each service, by version.

The runtime finds them (they are files); the planner and the requests read this catalog.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

MARKER = "marker"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One release's file: its place, its sha256 in hexadecimal, its size in bytes.

    ``kind`` is ``tar.gz``, ``tar.zst``, ``file`` or ``marker`` (see ``marker``). ``sha256`` is "" when no
    sums file names it: such a one is known, and refused at deploy (nothing unverified is sent). With a
    ``url`` the hosts fetch it themselves; ``path`` is "" then, and ``size`` 0: not known.
    ``fault`` says what was found wrong with it ("" = nothing so far): such a one is not sent.
    ``signature`` is the file with its signature ("" = ``path`` with ``.sig`` added).
    """

    service: str
    version: str
    path: str
    sha256: str
    size: int
    kind: str
    url: str = ""
    fault: str = ""
    signature: str = ""
    image: str = ""

    @property
    def is_marker(self) -> bool:
        """Whether it only stands for a release: there is nothing to send, and nothing to verify."""
        return self.kind == MARKER

    @property
    def place(self) -> str:
        """Where it is, for people: its file, its image, or its address without login and query."""
        if not self.url:
            return self.path or self.image
        scheme, _, rest = self.url.partition("://")
        authority, slash, path = rest.partition("/")
        return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def marker(service: str, version: str, image: str) -> Artifact:
    """What stands for a release without an artifact: an image that hosts pull (``image`` holds
    ``{version}``), or just a version ("") that the user's own script knows. Its digest is that of
    the name: it is the same release wherever the name is the same."""
    image = image.replace("{version}", version)
    text = f"image {image}" if image else f"script {service} {version}"
    return Artifact(service, version, "", hashlib.sha256(text.encode()).hexdigest(), 0, MARKER, image=image)


@dataclass(frozen=True, slots=True)
class Storage:
    """What artifacts may take: the cache of each base folder on a host, and any one of them
    that a host fetches, in bytes. ``signers`` is the file of those whose signature an artifact must
    carry ("" = none is asked for)."""

    cache_bytes: int = 2_000_000_000
    largest_bytes: int = 4_000_000_000
    signers: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All artifacts known, ``by_service[service][version]``. ``markers`` are the services that need
    none, each with its image ("" = none): any version of theirs can be asked for."""

    by_service: Mapping[str, Mapping[str, Artifact]] = field(default_factory=dict)
    markers: Mapping[str, str] = field(default_factory=dict)

    def versions(self, service: str) -> tuple[str, ...]:
        """The versions known of a service, in no particular order."""
        return tuple(self.by_service.get(service, ()))

    def find(self, service: str, version: str) -> Artifact | None:
        """The artifact of one release, or None."""
        known = self.by_service.get(service, {}).get(version)
        if known is None and service in self.markers:
            return marker(service, version, self.markers[service])
        return known
