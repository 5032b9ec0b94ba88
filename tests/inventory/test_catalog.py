"""Which artifacts on disk count, as what, and with which digest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.inventory import load
from engine.inventory.catalog import scan
from engine.model.inventory import Inventory
from engine.model.release import Artifact

A, B = "a" * 64, "b" * 64


def inventory(folder: Path, *services: str) -> Inventory:
    """Services by name, each with ``name-{version}.tar.gz`` unless it says another path."""
    lines = ["organization: a", "environments: {prod: }", "teams: {t: {}}", "services:"]
    for service in services:
        name, _, rest = service.partition(" ")
        rest = rest or f"artifact: {{path: 'out/{name}-{{version}}.tar.gz'}}"
        lines.append(f"  {name}: {{team: t, command: x, {rest}}}")
    (folder / "out").mkdir(exist_ok=True)
    (folder / "inventory.yaml").write_text("\n".join(lines))
    return load(folder / "inventory.yaml")


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def test_versions_are_what_stands_in_the_name(tmp_path: Path) -> None:
    put(tmp_path, "api-1.0.tar.gz", "api-1.10.0rc1.tar.gz", "api-2.0+build.7.tar.gz", "api-.tar.gz", "other-1.0.tar.gz")
    catalog = scan(inventory(tmp_path, "api"))
    assert sorted(catalog.versions("api")) == ["1.0", "1.10.0rc1", "2.0+build.7"]
    path = str(tmp_path / "out" / "api-1.0.tar.gz")
    assert catalog.find("api", "1.0") == Artifact("api", "1.0", path, "", 14, "tar.gz")


@pytest.mark.parametrize(
    "name", ["api-1.0 .tar.gz", "api--rf.tar.gz", "api-$(id).tar.gz", "api-1..0.tar.gz", "api-latest.tar.gz"]
)
def test_unsafe_and_unreadable_versions_are_passed_over(name: str, tmp_path: Path) -> None:
    put(tmp_path, name)
    assert scan(inventory(tmp_path, "api")).versions("api") == ()


def test_the_scheme_decides_what_a_version_is(tmp_path: Path) -> None:
    path = "artifact: {path: 'out/api-{version}.tar.gz'}"
    put(tmp_path, "api-1.0.tar.gz", "api-1.0.0.tar.gz", "api-3f2a9c.tar.gz")
    assert sorted(scan(inventory(tmp_path, f"api {path}, versions: semver")).versions("api")) == ["1.0.0"]
    assert len(scan(inventory(tmp_path, f"api {path}, versions: opaque")).versions("api")) == 3


def test_a_file_belongs_to_the_service_it_fits_most_closely(tmp_path: Path) -> None:
    opaque = "artifact: {{path: 'out/{0}-{{version}}.tar.gz'}}, versions: opaque"
    put(tmp_path, "api-auth-1.0.tar.gz", "api-2.0.tar.gz")
    catalog = scan(inventory(tmp_path, "api " + opaque.format("api"), "api-auth " + opaque.format("api-auth")))
    assert catalog.versions("api") == ("2.0",)
    assert catalog.versions("api-auth") == ("1.0",)


@pytest.mark.parametrize(
    ("pattern", "name", "kind"),
    [
        ("out/api-{version}.tgz", "api-1.0.tgz", "tar.gz"),
        ("out/api-{version}", "api-1.0", "file"),
        ("out/{version}/api.tar.gz", "1.0/api.tar.gz", "tar.gz"),
        ("out/v{version}-linux/bin/{service}", "v1.0-linux/bin/api", "file"),
        ("out/[x]?*-{version}", "[x]?*-1.0", "file"),
    ],
)
def test_patterns_and_kinds(pattern: str, name: str, kind: str, tmp_path: Path) -> None:
    put(tmp_path, name, "unrelated")
    artifact = scan(inventory(tmp_path, f"api artifact: {{path: '{pattern}'}}")).find("api", "1.0")
    assert artifact is not None
    assert (artifact.kind, artifact.path) == (kind, str(tmp_path / "out" / name))


def test_what_is_not_deployable_is_left_out(tmp_path: Path) -> None:
    bzip = "artifact: {path: 'out/api-{version}.tar.bz2'}"
    put(tmp_path, "api-1.0.tar.bz2")
    assert scan(inventory(tmp_path, f"api {bzip}")).versions("api") == ()
    (tmp_path / "out" / "api-2.0.tar.gz").mkdir()
    os.mkfifo(tmp_path / "out" / "api-3.0.tar.gz")
    (tmp_path / "out" / "api-4.0.tar.gz").symlink_to("nowhere")
    assert scan(inventory(tmp_path, "api")).versions("api") == ()
    assert scan(inventory(tmp_path, "api artifact: {path: 'none/{version}'}")).versions("api") == ()


def test_digests_come_from_the_sums_file(tmp_path: Path) -> None:
    put(tmp_path, *(f"api-{n}.0.tar.gz" for n in range(1, 7)))
    (tmp_path / "out" / "SHA256SUMS").write_text(
        f"{A}  api-1.0.tar.gz\n{B.upper()} *./api-2.0.tar.gz\nnot a sum\n{A[:-1]}  api-3.0.tar.gz\n"
        f"{A}  api-4.0.tar.gz\n{B}  api-4.0.tar.gz\n{A}  ../out/api-5.0.tar.gz\n"
    )
    catalog = scan(inventory(tmp_path, "api"))
    digests = {version: artifact.sha256 for version, artifact in sorted(catalog.by_service["api"].items())}
    assert digests == {"1.0": A, "2.0": B, "3.0": "", "4.0": "", "5.0": A, "6.0": ""}


def test_a_sums_file_elsewhere_names_paths_from_its_own_folder(tmp_path: Path) -> None:
    put(tmp_path, "api-1.0.tar.gz")
    (tmp_path / "sums.txt").write_text(f"{A}  out/api-1.0.tar.gz\n")
    catalog = scan(inventory(tmp_path, "api artifact: {path: 'out/api-{version}.tar.gz', sha256: sums.txt}"))
    assert catalog.by_service["api"]["1.0"].sha256 == A


def test_a_changed_sums_file_is_read_again_and_an_unchanged_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "api-1.0.tar.gz")
    estate, sums = inventory(tmp_path, "api"), tmp_path / "out" / "SHA256SUMS"
    sums.write_text(f"{A}  api-1.0.tar.gz\n")
    assert scan(estate).by_service["api"]["1.0"].sha256 == A
    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", lambda *_args, **_options: pytest.fail("nothing is to be read"))
        assert scan(estate).by_service["api"]["1.0"].sha256 == A
    sums.write_text(f"{B}  api-1.0.tar.gz\n\n")
    assert scan(estate).by_service["api"]["1.0"].sha256 == B
    sums.unlink()
    assert scan(estate).by_service["api"]["1.0"].sha256 == ""
