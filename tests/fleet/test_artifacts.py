"""The sample's artifacts are the same bytes every time, safe to unpack, and run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
from pathlib import Path

from engine.fleet.artifacts import build, contents, write_artifacts
from engine.fleet.releases import ServiceReleases, read_releases

LEDGER = ServiceReleases("ledger", ("1.0.0", "1.1.0"), {}, {"1.1.0": {"health": "failing", "why": "no disk"}})


def test_the_same_release_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_artifacts(tmp_path / name, [LEDGER])
        for path in (tmp_path / name).iterdir():
            os.utime(path, (1, 1))
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_versions_and_switches_change_the_bytes() -> None:
    plain, other = (build(contents("ledger", version, {}, "/usr/bin/python3")) for version in ("1.0.0", "1.1.0"))
    failing = build(contents("ledger", "1.0.0", {"health": "failing"}, "/usr/bin/python3"))
    assert len({plain, other, failing}) == 3


def test_sums_name_every_artifact_and_are_true(tmp_path: Path) -> None:
    releases = read_releases()
    write_artifacts(tmp_path, releases.services.values())
    sums = dict(reversed(line.split("  ")) for line in (tmp_path / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == {f"{each.service}-{v}.tar.gz" for each in releases.services.values() for v in each.versions}
    for name, digest in sums.items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest


def test_what_is_there_is_left_alone_and_what_is_damaged_is_mended(tmp_path: Path) -> None:
    write_artifacts(tmp_path, [LEDGER])
    good, damaged = tmp_path / "ledger-1.0.0.tar.gz", tmp_path / "ledger-1.1.0.tar.gz"
    right = damaged.read_bytes()
    os.utime(good, (1, 1))
    damaged.write_bytes(right[:-1] + b"x")
    write_artifacts(tmp_path, [LEDGER])
    assert good.stat().st_mtime == 1
    assert damaged.read_bytes() == right


def test_sums_of_other_services_stay(tmp_path: Path) -> None:
    write_artifacts(tmp_path, [LEDGER])
    write_artifacts(tmp_path, [ServiceReleases("fraud", ("2.0.0",), {})])
    names = [line.split()[1] for line in (tmp_path / "SHA256SUMS").read_text().splitlines()]
    assert names == ["fraud-2.0.0.tar.gz", "ledger-1.0.0.tar.gz", "ledger-1.1.0.tar.gz"]


def test_members_are_plain_files_and_folders_below_the_release(tmp_path: Path) -> None:
    write_artifacts(tmp_path, [LEDGER])
    with tarfile.open(tmp_path / "ledger-1.1.0.tar.gz") as archive:
        members = {member.name: member for member in archive}
    assert set(members) == {"NAME", "VERSION", "bin", "bin/ledger", "lib", "lib/server.py", "switches"}
    assert all(member.isfile() or member.isdir() for member in members.values())
    assert members["bin/ledger"].mode == 0o755


def test_the_wrapper_falls_back_to_another_python(tmp_path: Path) -> None:
    """An artifact outlives the interpreter that made it."""
    for name, (data, mode) in contents("ledger", "1.0.0", {}, "/nowhere/python3.11").items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        path.chmod(mode)
    command = ["bin/ledger", "--listen", "127.0.0.1:notaport"]
    run = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert "ledger 1.0.0 starting" in run.stdout
