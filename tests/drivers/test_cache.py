"""What a host holds is never sent again: cached, or unpacked under another name."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.model.release import Artifact, Storage
from tests.drivers.archives import tarball
from tests.drivers.box import Box, Placed, have, placed


def cache(web: Placed) -> list[str]:
    """The digests in the cache, the most recently used first."""
    folder = web.dir.parent / ".interlock" / "cache"
    return [f.name for f in sorted(folder.iterdir(), key=lambda f: -f.stat().st_mtime_ns)] if folder.exists() else []


def same(artifact: Artifact, service: str, version: str) -> Artifact:
    """The very same content under another name."""
    return Artifact(service, version, artifact.path, artifact.sha256, artifact.size, artifact.kind)


def zst(box: Box, web: Placed, version: str, plain: bytes) -> Artifact:
    packed = subprocess.run([have("zstd"), "-qc"], input=plain, capture_output=True, check=True).stdout
    return web.artifact(version, packed, "tar.zst")


def test_an_artifact_is_sent_once_for_all_services_and_versions(any_box: Box) -> None:
    web = placed(any_box).staged("1.0")
    artifact = web.artifact("1.0")
    assert cache(web) == [artifact.sha256]
    other = placed(any_box, service="api", version="7.0")
    assert other.stage(same(artifact, "api", "7.0")).state == "have"
    assert (other.dir / "releases" / "7.0" / "VERSION").read_text() == "1.0"
    assert other.deployed("7.0", "s1").current() == "releases/7.0"


def test_without_the_cache_an_unpacked_release_serves_if_it_is_unchanged(any_box: Box) -> None:
    web = placed(any_box)
    web.claimed()
    artifact = web.artifact("1.0")
    assert web.upload(artifact, Storage(cache_bytes=0)).state == "stored"
    assert cache(web) == []
    again = web.at("1.0-again")
    assert again.stage(same(artifact, "web", "1.0-again"), Storage(cache_bytes=0)).state == "have"
    assert (web.dir / "releases" / "1.0-again" / "bin" / "serve").stat().st_mode & 0o777 == 0o755
    for version in ("1.0", "1.0-again"):
        (web.dir / "releases" / version / "VERSION").write_text("touched by the service")
    assert web.at("1.1").stage(same(artifact, "web", "1.1"), Storage(cache_bytes=0)).state == "need"


def test_a_rotten_cache_is_noticed(any_box: Box) -> None:
    web = placed(any_box).staged("1.0")
    artifact = web.artifact("1.0")
    shutil.rmtree(web.dir / "releases" / "1.0")
    kept = web.dir.parent / ".interlock" / "cache" / artifact.sha256
    kept.write_bytes(kept.read_bytes()[:-1] + b"!")
    assert web.stage(artifact).state == "need"
    assert cache(web) == []


def test_the_least_recently_used_leaves_the_cache_first(box: Box) -> None:
    web = placed(box)
    web.claimed()
    made = [web.artifact(version) for version in ("1.0", "2.0", "3.0")]
    limit = Storage(cache_bytes=2 * max(each.size for each in made))
    for artifact in made[:2]:
        assert web.at(artifact.version).upload(artifact, limit).state == "stored"
    assert placed(box, service="api", version="1.0").stage(same(made[0], "api", "1.0"), limit).state == "have"
    assert web.at("3.0").upload(made[2], limit).state == "stored"
    assert cache(web) == [made[2].sha256, made[0].sha256]


def test_a_service_that_overwrites_its_own_file_does_not_touch_the_cache(any_box: Box) -> None:
    web = placed(any_box)
    web.claimed()
    artifact = web.artifact("1.0", b"#!/bin/sh\nexec sleep 600\n", "file")
    assert web.upload(artifact).state == "stored"
    file = web.dir / "releases" / "1.0" / "web"
    assert file.stat().st_mode & 0o777 == 0o755
    with file.open("r+b") as stream:
        stream.write(b"#!")
        stream.write(b"/bin/true")
    assert web.at("2.0").stage(same(artifact, "web", "2.0")).state == "have"
    assert (web.dir / "releases" / "2.0" / "web").read_bytes() == b"#!/bin/sh\nexec sleep 600\n"


def test_zstandard_is_unpacked_and_judged_alike(any_box: Box) -> None:
    if "busybox" in any_box.path or any_box.shell[0].endswith("busybox"):
        os.symlink(have("zstd"), Path(any_box.path) / "zstd")
    web = placed(any_box)
    web.claimed()
    plain = subprocess.run(["gzip", "-dc"], input=web.release("1.0"), capture_output=True, check=True).stdout
    good = zst(any_box, web, "1.0", plain)
    assert web.stage(good).state == "need"
    assert web.upload(good).state == "stored"
    assert web.deployed("1.0", "s1").current() == "releases/1.0"
    evil = subprocess.run(["gzip", "-dc"], input=tarball({"../canary": b"x"}), capture_output=True, check=True).stdout
    answer = web.at("2.0").upload(zst(any_box, web, "2.0", evil))
    assert answer.state == "refused"
    assert not list(any_box.home.rglob("*canary*"))
    cut = Path(good.path).read_bytes()[:-20]
    assert web.at("3.0").upload(web.artifact("3.0", cut, "tar.zst")).state == "refused"


def test_a_host_without_zstandard_says_so(box: Box) -> None:
    web = placed(box)
    web.claimed()
    tools = box.folder / "tools"
    tools.mkdir()
    for folder in reversed(box.path.split(":")):
        for tool in Path(folder).iterdir() if Path(folder).is_dir() else ():
            if "zstd" not in tool.name:
                (tools / tool.name).unlink(missing_ok=True)
                (tools / tool.name).symlink_to(tool)
    box.path = str(tools)
    answer = web.stage(Artifact("web", "1.0", "/x", "ab" * 32, 1, "tar.zst"))
    assert answer.state == "refused"
    assert "zstd" in answer.detail


@pytest.mark.parametrize("what", ["file", "link"])
def test_what_somebody_else_put_in_the_release_s_place_stays(any_box: Box, what: str) -> None:
    web = placed(any_box).staged("1.0").deployed("1.0", "s1")
    foreign = web.dir / "releases" / "2.0"
    foreign.write_text("mine") if what == "file" else foreign.symlink_to("1.0")
    new, artifact = web.at("2.0"), web.artifact("2.0")
    for answer in (new.stage(artifact), new.upload(artifact)):
        assert answer.state == "refused"
        assert "move it away" in answer.detail
    assert foreign.is_symlink() or foreign.read_text() == "mine"
    assert web.current() == "releases/1.0"


def test_a_full_cache_gives_way_before_a_release_is_refused(box: Box) -> None:
    """A disk of 4 MB, nearly all of it cache: what is cached goes, and the release fits."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    base = box.home / "interlock"
    base.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", base], check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        web = placed(box)
        web.claimed()
        for version in ("1.0", "2.0"):
            data = tarball({"blob": os.urandom(700_000)})
            assert web.at(version).upload(web.artifact(version, data)).state == "stored"
            shutil.rmtree(web.dir / "releases" / version)
        third = web.artifact("3.0", tarball({"blob": os.urandom(900_000)}))
        assert web.at("3.0").stage(third).state == "need"
        assert hashlib.sha256(Path(third.path).read_bytes()).hexdigest() == third.sha256
        assert web.at("3.0").upload(third).state == "stored"
        fourth = web.at("4.0").artifact("4.0", tarball({"blob": os.urandom(1_800_000)}))
        refused = web.at("4.0").stage(fourth)
        assert refused.state == "refused"
        assert "bytes free" in refused.detail
        sent = web.at("4.0").upload(web.artifact("4.0", tarball({"blob": os.urandom(3_900_000)})))
        assert sent.state == "refused"
        assert "space" in sent.detail
        assert sorted(each.name for each in (web.dir / "releases").iterdir()) == ["3.0"]
    finally:
        subprocess.run(["umount", "-l", base], check=True)
