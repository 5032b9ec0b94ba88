"""Finds the artifacts on disk: which versions of each service there are to deploy.

Folders are listed and files are looked at (stat), never read; a sums file is read again only
when it changed. So the engine may call this every few seconds. It does file I/O: keep it off
the event loop.
"""

from __future__ import annotations

import os
import re
import stat
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from engine.model.inventory import Inventory
from engine.model.release import Artifact, Catalog, marker
from engine.model.service import ArtifactSource, DriverName, Service
from engine.model.version import is_safe, problem_with

SUMS_FILE = "SHA256SUMS"
MAX_SUMS_BYTES = 8 * 1024 * 1024
UNSUPPORTED = (".tar.xz", ".tar.bz2", ".zip")

# As sha256sum writes it: digest, a space, a space or a star, the name. A leading backslash
# marks a name with escapes, which no artifact of ours can have.
_SUM = re.compile(r"([0-9a-fA-F]{64}) [ *](.+)\Z")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """An artifact's path, cut around the part that holds the version: ``folder``, then a name
    that begins with ``prefix`` and ends with ``suffix``, then ``rest`` ("" or "/more/parts")."""

    service: Service
    source: ArtifactSource
    folder: str
    prefix: str
    suffix: str
    rest: str


@dataclass(frozen=True, slots=True)
class _Match:
    """A file that a pattern fits."""

    pattern: _Pattern
    version: str
    path: str


def scan(inventory: Inventory) -> Catalog:
    """Every artifact of every service that lies where the inventory says.

    Names that hold no usable version of the service are passed over, so are kinds of archive
    that hosts do not unpack. What cannot be read counts as absent; an artifact that no sums
    file names has the digest "".
    """
    by_folder: dict[str, list[_Pattern]] = {}
    for service in inventory.services.values():
        if service.artifact is not None and service.artifact.path.count("{version}") == 1:
            pattern = _cut(service, service.artifact)
            by_folder.setdefault(pattern.folder, []).append(pattern)
    found: dict[str, dict[str, Artifact]] = {}
    for folder, patterns in by_folder.items():
        for match in _own(_matches(folder, patterns)):
            artifact = _artifact(match)
            if artifact is not None:
                found.setdefault(artifact.service, {})[artifact.version] = artifact
    for service in inventory.services.values():
        if service.artifact is not None and service.artifact.url.count("{version}") == 1:
            found[service.name] = _at_addresses(service, service.artifact)
    markers = _markers(inventory)
    for name, image in markers.items():
        known = inventory.services[name].known_versions
        found[name] = {version: marker(name, version, image) for version in known}
    return Catalog(found, markers)


def _markers(inventory: Inventory) -> dict[str, str]:
    """The services whose releases are no artifacts, each with its image ("" = its script knows)."""
    found: dict[str, str] = {}
    for service in inventory.services.values():
        configuration = service.configuration
        if configuration.container is not None:
            found[service.name] = configuration.container.image
        elif configuration.driver is DriverName.SCRIPT and service.artifact is None:
            found[service.name] = ""
    return found


def kind_of(name: str) -> str:
    """What an artifact of that name is packed with: ``tar.gz``, ``tar.zst``, or not at all."""
    if name.endswith((".tar.gz", ".tgz")):
        return "tar.gz"
    return "tar.zst" if name.endswith((".tar.zst", ".tzst")) else "file"


def _at_addresses(service: Service, source: ArtifactSource) -> dict[str, Artifact]:
    """What hosts can fetch: the versions that the sums file names, and those that are known."""
    sums = dict.fromkeys(service.known_versions, "")
    folder = os.path.dirname(source.sha256)
    parts = source.url.partition("?")[0].split("/")[3:]
    names = {}
    for path, digest in _sums(source.sha256).items():
        name = os.path.relpath(path, folder)
        tail = "/".join(parts[-(name.count("/") + 1) :])
        if "{version}" not in tail:
            continue
        before, after = tail.split("{version}")
        version = name[len(before) : len(name) - len(after)]
        if (
            name == tail.replace("{version}", version)
            and is_safe(version)
            and not problem_with(service.scheme, version)
        ):
            sums[version], names[version] = digest, path
    return {
        version: Artifact(
            service.name,
            version,
            "",
            digest,
            0,
            kind_of(parts[-1] if parts else ""),
            url=source.url.replace("{version}", version),
            signature=f"{names.get(version, os.path.join(folder, version))}.sig",
        )
        for version, digest in sums.items()
    }


def sums_path(source: ArtifactSource, path: str) -> str:
    """The sums file that should name the artifact at ``path``."""
    return source.sha256 or os.path.join(os.path.dirname(path), SUMS_FILE)


def _cut(service: Service, source: ArtifactSource) -> _Pattern:
    before, after = source.path.split("{version}")
    folder, prefix = os.path.split(before)
    suffix, slash, rest = after.partition("/")
    return _Pattern(service, source, folder, prefix, suffix, slash + rest)


def _matches(folder: str, patterns: list[_Pattern]) -> list[_Match]:
    """What fits in one folder. Sorted names make the search fast for thousands of services."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [match for pattern in patterns for match in _fitting(pattern, names)]


def _fitting(pattern: _Pattern, names: list[str]) -> Iterator[_Match]:
    for index in range(bisect_left(names, pattern.prefix), len(names)):
        name = names[index]
        if not name.startswith(pattern.prefix):
            break
        version = name[len(pattern.prefix) : len(name) - len(pattern.suffix)]
        fits = name.endswith(pattern.suffix) and len(name) > len(pattern.prefix) + len(pattern.suffix)
        if fits and is_safe(version) and problem_with(pattern.service.scheme, version) is None:
            yield _Match(pattern, version, os.path.join(pattern.folder, name) + pattern.rest)


def _own(matches: list[_Match]) -> list[_Match]:
    """Without files that fit another service's pattern more closely: ``api-auth-1.0`` is a
    version of ``api-auth``, not version ``auth-1.0`` of ``api``."""
    closest: dict[str, int] = {}
    for match in matches:
        closest[match.path] = max(closest.get(match.path, 0), len(match.pattern.prefix))
    return [match for match in matches if len(match.pattern.prefix) == closest[match.path]]


def _artifact(match: _Match) -> Artifact | None:
    if match.path.endswith(UNSUPPORTED):
        return None
    try:
        status = os.stat(match.path)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Artifact(
        service=match.pattern.service.name,
        version=match.version,
        path=match.path,
        sha256=_sums(sums_path(match.pattern.source, match.path)).get(match.path, ""),
        size=status.st_size,
        kind=kind_of(match.path),
    )


def _sums(path: str) -> Mapping[str, str]:
    """The digests that a sums file gives, by absolute path; {} if it cannot be read."""
    try:
        status = os.stat(path)
    except OSError:
        return {}
    if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_SUMS_BYTES:
        return {}
    return _read_sums(path, status.st_mtime_ns, status.st_size, status.st_ino)


@lru_cache(maxsize=4096)
def _read_sums(path: str, _mtime_ns: int, _size: int, _inode: int) -> Mapping[str, str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            lines = stream.read(MAX_SUMS_BYTES).splitlines()
    except OSError:
        return {}
    folder = os.path.dirname(path)
    sums: dict[str, str] = {}
    for line in lines:
        match = _SUM.match(line)
        if match is None:
            continue
        digest, name = match.group(1).lower(), os.path.normpath(os.path.join(folder, match.group(2)))
        # Two digests for one file: neither can be trusted.
        sums[name] = digest if sums.get(name, digest) == digest else ""
    return MappingProxyType(sums)
