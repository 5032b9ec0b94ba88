"""Each finding of doctor: when it comes, how bad it is, and that it says what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.doctor.finding import Finding, Severity
from engine.doctor.judge import judge
from engine.doctor.needs import Needs
from engine.model.inspection import BaseFolder, Inspection

NEEDS = Needs(
    (("tar", "every rollout"), ("zstd", "checkout")), True, True, True, frozenset({"/opt/x"}), frozenset({"app"})
)
BASE = BaseFolder("/opt/x", "/opt", True, 9_000_000_000, 100_000)
FIT = Inspection(
    "boot",
    0.0,
    "deploy",
    0,
    "Linux 6.1",
    frozenset({"tar", "zstd", "curl", "docker"}),
    True,
    (BASE,),
    frozenset({"app"}),
)


def found(inspection: Inspection = FIT, *, skew_s: float = 0.1, latency_ms: float = 12.0) -> list[Finding]:
    return judge("h1", NEEDS, inspection, skew_s, latency_ms)


def test_a_fit_host_is_one_line() -> None:
    (only,) = found()
    assert only.severity is Severity.OK
    assert only.message == "deploy logs in, 12 ms, clock 0.1 s off, 9.0 GB free; Linux 6.1"


ILL = [
    ({"tools": frozenset({"tar", "curl", "podman"})}, "tool", "zstd is missing; checkout needs it", "zstd"),
    ({"tools": frozenset({"tar", "zstd", "podman"})}, "tool", "none of curl, wget and busybox", "curl"),
    ({"tools": frozenset({"tar", "zstd", "curl"})}, "tool", "neither podman nor docker is there", "podman"),
    ({"uid": 1000}, "root", "deploy is not root", "sudo: true"),
    ({"has_systemd": False}, "systemd", "systemd does not run there", "driver: process"),
    ({"users": frozenset()}, "user", "there is no user app", "useradd --system app"),
    ({"bases": (replace(BASE, writable=False),)}, "base", "/opt/x (so far /opt) may not be written", "give /opt"),
    ({"bases": (replace(BASE, free_bytes=1_000_000),)}, "disk", "has 1 MB free", "free some space"),
    ({"bases": (replace(BASE, free_inodes=3),)}, "inodes", "has 3 inodes free", "remove small files"),
]


@pytest.mark.parametrize(("changed", "rule", "message", "remedy"), ILL, ids=lambda each: str(each)[:20])
def test_what_keeps_rollouts_from_working(changed: dict[str, object], rule: str, message: str, remedy: str) -> None:
    (only,) = found(replace(FIT, **changed))  # type: ignore[arg-type]
    assert (only.severity, only.rule) == (Severity.ERROR, rule)
    assert message in only.message
    assert remedy in only.remedy


@pytest.mark.parametrize(
    ("measured", "message"),
    [
        ({"skew_s": 3600.0}, "its clock is 3600 s ahead of this one"),
        ({"skew_s": -90.0}, "its clock is 90 s behind this one"),
        ({"latency_ms": 900.0}, "it took 900 ms to answer"),
    ],
)
def test_what_only_warns(measured: dict[str, float], message: str) -> None:
    ok, warning = found(**measured)
    assert (ok.severity, warning.severity) == (Severity.OK, Severity.WARNING)
    assert message in warning.message
    assert warning.remedy


def test_a_file_system_that_does_not_tell_is_not_full() -> None:
    (only,) = found(replace(FIT, bases=(replace(BASE, free_bytes=-1, free_inodes=-1),)))
    assert "free" not in only.message


def test_errors_come_first() -> None:
    said = found(replace(FIT, uid=5), skew_s=99)
    assert [finding.severity for finding in said] == [Severity.ERROR, Severity.WARNING]
