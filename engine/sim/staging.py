"""Releases and caches of a simulated host: what host.sh's stage and upload promise, and what a
host forgets when a step is confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.model.release import MARKER
from engine.sim.host import SimHost
from engine.sim.placed import Lines, Placed

UPLOAD_BYTES_PER_S = 2_000_000
UPLOAD_S = 0.2
UNPACK_S = 0.1

Fenced = Callable[[], Lines]


async def stage(host: SimHost, call: Mapping[str, str], fenced: Fenced) -> Lines:
    """Preflight, and the release if the host has its content under any name."""
    placed, version, sha256 = host.place(call["service"]), call["version"], call["sha256"]
    kept, anew = placed.releases.get(version), call.get("anew") == "yes"
    if kept is not None and (not sha256 or kept == sha256) and not (anew and version in placed.altered):
        if call["driver"] == "container":  # its image is pulled again, if the runtime has lost it
            placed.boxes.images.add(version)
        return (("result", "have"),)
    if placed.current == version and not anew:
        if kept is None:
            return (("result", "have"), ("detail", "adopted as it was found"))
        return (("result", "refused"), ("detail", f"release {version} runs here with other content"))
    if not sha256:
        return (("result", "refused"), ("detail", f"release {version} is not complete, and no artifact was given"))
    if host.is_full:
        return (("result", "refused"), ("detail", "0 bytes free"))
    if call["kind"] != MARKER and not host.has_content(call["base"], sha256):
        return (("result", "need"),)
    await host.pass_time(UNPACK_S)
    if lost := fenced():
        return lost
    _put(placed, version, sha256)
    if call["kind"] == MARKER:
        placed.boxes.images.add(version)
    where = "pulled by the host" if call["kind"] == MARKER else "from the cache of this host"
    return (("result", "have"), ("detail", where))


async def upload(host: SimHost, call: Mapping[str, str], fenced: Fenced) -> Lines:
    """The artifact's bytes, unpacked when all of them are there, and kept as long as there is room."""
    base, sha256 = call["base"], call["sha256"]
    if host.has_content(base, sha256):
        host.witness.note(f"{host.name} is sent {sha256[:8]} again")
    await host.pass_time(UPLOAD_S + int(call["size"]) / UPLOAD_BYTES_PER_S)
    if lost := fenced():
        return lost
    if host.is_full:
        return (("result", "refused"), ("detail", "no space left for the artifact: nothing was changed"))
    host.cache[base, sha256] = None
    _put(host.place(call["service"]), call["version"], sha256)
    while len(host.cache) > host.cache_room:
        host.cache.pop(next(iter(host.cache)))
    return (("result", "stored"),)


def _put(placed: Placed, version: str, sha256: str) -> None:
    """A whole release, in the place of whatever stood there."""
    placed.releases[version] = sha256
    placed.altered.discard(version)


def lacks(placed: Placed, version: str, sha256: str) -> Lines:
    """What a switch is told whose release is not there; () if it is."""
    kept = placed.releases.get(version)
    if (kept is None and placed.current == version) or (kept is not None and (not sha256 or kept == sha256)):
        return ()
    return (("result", "unstaged"), ("detail", f"release {version} is not on this host"))


def prune(host: SimHost, placed: Placed, keep: int) -> None:
    """What goes once a step was confirmed: all but the newest, what runs, and the last good one."""
    spare = [name for name in placed.releases if name not in (placed.current, placed.previous)]
    for version in spare[: max(0, len(spare) - max(0, keep - 2))]:
        del placed.releases[version]
        placed.boxes.images.discard(version)
        host.witness.note(f"{host.name} prunes {placed.service} {version}")
