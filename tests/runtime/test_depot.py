"""Artifacts on the engine's machine: what is wrong with one is found before it is sent."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from engine import inventory as inventories
from engine.model.inventory import Inventory
from engine.model.release import Artifact
from engine.runtime.depot import Depot

CONTENT = b"a release"


@pytest.fixture(autouse=True)
def keygen() -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")


def key(folder: Path, name: str) -> Path:
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path], check=True)
    return path


def sign(file: Path, by: Path, namespace: str = "interlock", *options: str) -> None:
    Path(f"{file}.sig").unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, *options, "-f", by, file], check=True)


def estate(folder: Path, source: str = "path: 'out/api-{version}.bin'", signers: bool = False) -> Inventory:
    """One service, whose version 1.0 lies there with its sum."""
    (folder / "out").mkdir(exist_ok=True)
    file = folder / "out" / "api-1.0.bin"
    file.write_bytes(CONTENT)
    (folder / "out" / "SHA256SUMS").write_text(f"{hashlib.sha256(CONTENT).hexdigest()}  api-1.0.bin\n")
    lines = ["organization: a", "environments: {prod: }", "teams: {t: {}}", "services:"]
    lines += [f"  api: {{team: t, command: x, known_versions: [0.9], artifact: {{{source}}}}}"]
    lines += ["signers: signers"] if signers else []
    (folder / "inventory.yaml").write_text("\n".join(lines))
    return inventories.load(folder / "inventory.yaml")


async def found(depot: Depot, inventory: Inventory, version: str = "1.0") -> Artifact:
    artifact = (await depot.find(inventory)).find("api", version)
    assert artifact is not None
    return artifact


async def test_a_changed_byte_is_found_and_forgotten_when_it_is_mended(tmp_path: Path) -> None:
    inventory, depot = estate(tmp_path), Depot()
    assert await depot.fault(await found(depot, inventory)) == ""
    file = tmp_path / "out" / "api-1.0.bin"
    file.write_bytes(b"a releasE")
    assert "sha256" in await depot.fault(await found(depot, inventory))
    assert "sha256" in (await found(depot, inventory)).fault
    file.write_bytes(CONTENT)
    assert (await found(depot, inventory)).fault == ""
    assert await depot.fault(await found(depot, inventory)) == ""


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("good", ""),
        ("none", "is not signed"),
        ("stranger", "not by one of the allowed signers"),
        ("namespace", "namespace"),
        ("other content", "not over this content"),
        ("garbage", "no SSH signature"),
        ("sha256", ""),
    ],
)
async def test_signatures(tmp_path: Path, case: str, said: str) -> None:
    ours, stranger = key(tmp_path, "ours"), key(tmp_path, "stranger")
    (tmp_path / "signers").write_text(f"release@a {Path(f'{ours}.pub').read_text()}")
    inventory, depot = estate(tmp_path, signers=True), Depot()
    file = tmp_path / "out" / "api-1.0.bin"
    if case == "other content":
        other = tmp_path / "other"
        other.write_bytes(b"another release")
        sign(other, ours)
        Path(f"{other}.sig").rename(f"{file}.sig")
    elif case == "garbage":
        Path(f"{file}.sig").write_bytes(b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n")
    elif case != "none":
        options = ("-O", "hashalg=sha256") if case == "sha256" else ()
        sign(file, stranger if case == "stranger" else ours, "git" if case == "namespace" else "interlock", *options)
    fault = await depot.fault(await found(depot, inventory))
    assert said in fault
    assert bool(said) == bool(fault)
    assert (await found(depot, inventory)).fault == fault


async def test_what_hosts_fetch_is_known_by_its_sums_and_signed_by_its_sum(tmp_path: Path) -> None:
    ours = key(tmp_path, "ours")
    (tmp_path / "signers").write_text(f"release@a {Path(f'{ours}.pub').read_text()}")
    source = "url: 'https://me:secret@files.example/x/api-{version}.bin?token=1', sha256: out/SHA256SUMS"
    inventory, depot = estate(tmp_path, source, signers=True), Depot()
    artifact = await found(depot, inventory)
    assert (artifact.kind, artifact.path, artifact.sha256) == ("file", "", hashlib.sha256(CONTENT).hexdigest())
    assert artifact.url == "https://me:secret@files.example/x/api-1.0.bin?token=1"
    assert artifact.place == "https://files.example/x/api-1.0.bin"
    assert (await found(depot, inventory, "0.9")).sha256 == ""
    file = tmp_path / "out" / "api-1.0.bin"
    sign(file, ours)
    assert "hashalg=sha256" in await depot.fault(artifact)
    sign(file, ours, "interlock", "-O", "hashalg=sha256")
    file.unlink()  # only its sum is here
    assert await depot.fault(artifact) == ""


async def test_a_doubted_address_is_believed_again_after_a_while(tmp_path: Path) -> None:
    now = [0.0]
    inventory = estate(tmp_path, "url: 'https://files.example/api-{version}.bin', sha256: out/SHA256SUMS")
    depot = Depot(now_s=lambda: now[0])
    artifact = await found(depot, inventory)
    assert await depot.fault(artifact) == ""
    assert "it serves something else" in await depot.fault(artifact, "it serves something else")
    assert (await found(depot, inventory)).fault
    now[0] = 301.0
    assert (await found(depot, inventory)).fault == ""
