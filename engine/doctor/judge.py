"""What an inspection means: pure, so that every sentence has a test."""

from __future__ import annotations

from collections.abc import Iterator

from engine.doctor.finding import Finding, Severity
from engine.doctor.needs import Needs
from engine.model.inspection import BaseFolder, Inspection

SKEW_WARNS_S = 2.0
LATENCY_WARNS_MS = 500.0
FREE_WARNS = 500_000_000
FREE_FAILS = 20_000_000
INODES_FAIL = 1000
# What the packages are called that bring a tool: on Debian and its like, and on Fedora and its.
_PACKAGES = {"flock": "util-linux", "setsid": "util-linux", "sha256sum": "coreutils", "systemctl": "systemd"}


def judge(host: str, needs: Needs, found: Inspection, skew_s: float, latency_ms: float) -> list[Finding]:
    """Every finding about a host that answered, the worst first. ``skew_s``: how far its clock is
    ahead of ours; ``latency_ms``: how long the answer took."""
    wrong = [
        *_tools(host, needs, found),
        *_root(host, needs, found),
        *(finding for base in found.bases for finding in _base(host, base)),
        *_users(host, needs, found),
        *_clock(host, skew_s),
        *_slow(host, latency_ms),
    ]
    wrong.sort(key=lambda finding: finding.severity is not Severity.ERROR)
    if any(finding.severity is Severity.ERROR for finding in wrong):
        return wrong
    free = min((base.free_bytes for base in found.bases if base.free_bytes >= 0), default=-1)
    space = f", {free / 1e9:.1f} GB free" if free >= 0 else ""
    said = f"{found.login} logs in, {latency_ms:.0f} ms, clock {abs(skew_s):.1f} s off{space}; {found.kernel}"
    return [Finding(host, Severity.OK, "ready", said), *wrong]


def _tools(host: str, needs: Needs, found: Inspection) -> Iterator[Finding]:
    for tool, why in needs.tools:
        if tool not in found.tools:
            package = _PACKAGES.get(tool, tool)
            yield Finding(
                host, Severity.ERROR, "tool", f"{tool} is missing; {why} needs it", f"install the package {package}"
            )
    if needs.asks_http and not found.tools & {"curl", "wget", "busybox"}:
        message = "none of curl, wget and busybox is there; health checks over http need one"
        yield Finding(host, Severity.ERROR, "tool", message, "install the package curl")
    if needs.containers and not found.tools & {"podman", "docker"}:
        message = "neither podman nor docker is there; services of driver container need one"
        yield Finding(host, Severity.ERROR, "tool", message, "install the package podman")


def _root(host: str, needs: Needs, found: Inspection) -> Iterator[Finding]:
    if not needs.root:
        return
    if found.uid != 0:
        message = f"{found.login} is not root there, and services of driver systemd need it"
        yield Finding(host, Severity.ERROR, "root", message, "set `sudo: true` in the ssh section, or log in as root")
    if not found.has_systemd:
        message = "systemd does not run there, and services of driver systemd are placed on it"
        yield Finding(host, Severity.ERROR, "systemd", message, "use `driver: process`, or place them elsewhere")


def _base(host: str, base: BaseFolder) -> Iterator[Finding]:
    place = base.base if base.folder == base.base else f"{base.base} (so far {base.folder})"
    if not base.writable:
        message = f"{place} may not be written by the login: its owner, or a read-only file system"
        yield Finding(host, Severity.ERROR, "base", message, f"give {base.folder} to the login, or remount it writable")
    if 0 <= base.free_bytes < FREE_WARNS:
        severity = Severity.ERROR if base.free_bytes < FREE_FAILS else Severity.WARNING
        message = f"{place} has {base.free_bytes / 1e6:.0f} MB free"
        yield Finding(host, severity, "disk", message, "free some space; old releases are pruned by keep_releases")
    if 0 <= base.free_inodes < INODES_FAIL:
        message = f"{place} has {base.free_inodes} inodes free"
        yield Finding(host, Severity.ERROR, "inodes", message, "remove small files, or make a larger file system")


def _users(host: str, needs: Needs, found: Inspection) -> Iterator[Finding]:
    for user in sorted(needs.users - found.users):
        message = f"there is no user {user}, as whom a service is to run"
        yield Finding(host, Severity.ERROR, "user", message, f"useradd --system {user}")


def _clock(host: str, skew_s: float) -> Iterator[Finding]:
    if abs(skew_s) > SKEW_WARNS_S:
        message = f"its clock is {abs(skew_s):.0f} s {'ahead of' if skew_s > 0 else 'behind'} this one"
        remedy = "let chrony or systemd-timesyncd set it; Interlock decides nothing by it, logs will confuse"
        yield Finding(host, Severity.WARNING, "clock", message, remedy)


def _slow(host: str, latency_ms: float) -> Iterator[Finding]:
    if latency_ms > LATENCY_WARNS_MS:
        message = f"it took {latency_ms:.0f} ms to answer"
        yield Finding(host, Severity.WARNING, "slow", message, "look at its load and at the way to it")
