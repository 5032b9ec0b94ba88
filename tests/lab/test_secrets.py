"""A secret's way to a service of systemd, and hooks around its move, on a real host: who may read the
file, where the secret never is, and what runs as whom and when.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.model.change import Status
from engine.model.hook import HookState
from tests.lab.estate import Estate
from tests.lab.witness import sampling
from tests.runtime.running import running_engine

PORT = 8795
SENTINEL = "sentinel-51f0-do-not-tell"
HOOKS = "/var/tmp/hooks"  # on the host


def hook(name: str) -> str:
    """A hook that writes down who runs it, for which version, what serves then, and how long the secret is."""
    script = f"echo {name} {{version}} $(id -un) $(curl -s http://127.0.0.1:{PORT}/version) ${{#TOKEN}} >>{HOOKS}"
    return f"{name}: {{command: [sh, -c, {yaml_text(script)}]}}"


def yaml_text(text: str) -> str:
    """A string of YAML."""
    return "'" + text.replace("'", "''") + "'"


def command_lines() -> list[bytes]:
    """The command lines of all processes here that hold the secret; a lab host's are among them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if SENTINEL.encode() in words:
            found.append(words)
    return found


def environments(version: str) -> list[tuple[int, bytes]]:
    """Of each server of a version: the user it runs as, and its variables."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if f"python3\0/opt/interlock/secrets/releases/{version}/".encode() in (path / "cmdline").read_bytes():
                found.append((path.stat().st_uid, (path / "environ").read_bytes()))
        except OSError:
            continue
    return found


async def test_a_secret_and_hooks_on_a_systemd_host(
    estate: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_TOKEN", SENTINEL)
    for version in ("1.0", "2.0"):
        estate.artifact("secrets", version)
    machine = estate.machine("h1")
    more = (
        f"    user: deploy\n    secrets: {{TOKEN: {{env: LAB_TOKEN}}}}\n    hooks: {{{hook('pre')}, {hook('post')}}}\n"
    )
    inventory = estate.inventory(estate.service("secrets", ["h1"], PORT, more))
    estate.lab.exec(machine, "sh", "-c", f"true >{HOOKS}; chown deploy {HOOKS}")

    async def look() -> list[bytes]:
        return await asyncio.to_thread(command_lines)

    async with running_engine(inventory, tmp_path / "state") as running, sampling(look, 0.2) as samples:
        for version in ("1.0", "2.0"):
            change = await running.done(await running.deploy(secrets=version))
            assert change.status is Status.SUCCEEDED, change.item("secrets").failure
            assert all(run.state is HookState.DONE for run in change.hooks.values())
            assert len(change.hooks) == 2
    known = len(SENTINEL)
    told = estate.lab.exec(machine, "cat", HOOKS).splitlines()
    assert told[-2:] == [f"pre 2.0 deploy 1.0 {known}", f"post 2.0 deploy 2.0 {known}"], told
    ((user, variables),) = environments("2.0")
    assert user == int(estate.lab.exec(machine, "id", "-u", "deploy"))
    assert f"\0TOKEN={SENTINEL}\0".encode() in b"\0" + variables + b"\0"
    assert len(samples) > 10
    assert not any(samples), "a command line holds it"
    where = estate.lab.exec(
        machine, "sh", "-c", f"grep -rlF {SENTINEL[:-4]} /opt /etc /var /run /tmp /home /root || true"
    )
    assert {Path(line).name for line in where.splitlines()} == {"secrets"}, where
    own = "/opt/interlock/secrets/.interlock/configuration/secrets"
    assert estate.lab.exec(machine, "stat", "-Lc", "%a %U", own).split() == ["600", "deploy"]
    journal = estate.lab.exec(machine, "journalctl", "--no-pager", "-o", "export")
    assert "secrets.service" in journal
    assert SENTINEL not in journal
