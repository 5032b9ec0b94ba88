"""An engine behind SSH: the same commands over a forwarded socket, as the user who logged in."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from engine.api import address, tunnel
from engine.api.client import Client
from engine.errors import EngineUnreachable, RequestRefused, UsageError
from engine.model.access import RequestTurnedDown
from engine.model.decision import ChangeHeld, ChangeReleased
from engine.model.inventory import Team
from engine.model.role import Grant, Role
from engine.model.scope import Scope
from tests.api.served import Served
from tests.cli.conftest import Interlock
from tests.transport.servers import Keys, Server, need, openssh


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """sshd, and an ``ssh`` on the PATH that knows its key and nothing of this machine's users."""
    keys = Keys(tmp_path / "keys")
    async with openssh(tmp_path, f"AuthorizedKeysFile {keys.user}.pub", "AllowTcpForwarding local", keys=keys) as found:
        known = tmp_path / "known_hosts"
        known.write_text(f"[127.0.0.1]:{found.port} {keys.host_public}\n")
        config = tmp_path / "ssh_config"
        config.write_text(f"UserKnownHostsFile {known}\nGlobalKnownHostsFile /dev/null\nIdentityFile {keys.user}\n")
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "ssh").write_text(f'#!/bin/sh\nexec {need("ssh")} -F {config} -o IdentityAgent=none "$@"\n')
        (folder / "ssh").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        yield found
    for each in tunnel._tunnels.values():
        each.close()
    tunnel._tunnels.clear()


def at(server: Server, engine: Served, user: str = "") -> str:
    return f"ssh://{user or server.user}@127.0.0.1:{server.port}{engine.address}"


async def test_every_command_works_and_the_engine_sees_who_logged_in(
    server: Server, still: Served, interlock: Interlock
) -> None:
    there = at(server, still)
    assert interlock("status", "--engine", there).out == interlock("status").out
    assert interlock("deploy", "ledger=1.1.0", "-e", "prod", "--engine", there).code == 0
    assert interlock("show", "1", "-o", "json", "--engine", there).data["requested_by"] == server.user
    assert len(tunnel._tunnels) == 1, "one ssh serves all calls of a process"


async def test_through_a_jump_host_that_the_users_own_configuration_names(
    server: Server, still: Served, interlock: Interlock, tmp_path: Path
) -> None:
    config, known = tmp_path / "ssh_config", tmp_path / "known_hosts"
    folder = tmp_path / "bastion"
    folder.mkdir()
    async with openssh(folder, "AllowTcpForwarding local", f"PermitOpen 127.0.0.1:{server.port}") as bastion:
        with known.open("a") as more:
            more.write(f"[127.0.0.1]:{bastion.port} {bastion.keys.host_public}\n")
        hosts = f"Host bastion\nHostName 127.0.0.1\nPort {bastion.port}\nIdentityFile {bastion.keys.user}\n"
        hosts += f"Host inner\nHostName 127.0.0.1\nPort {server.port}\nProxyJump {server.user}@bastion\nHost *\n"
        config.write_text(hosts + config.read_text())
        there = f"ssh://{server.user}@inner{still.address}"
        assert interlock("status", "--engine", there).out == interlock("status").out
        assert interlock("deploy", "ledger=1.1.0", "-e", "prod", "--engine", there).code == 0
        assert interlock("show", "1", "-o", "json", "--engine", there).data["requested_by"] == server.user
        assert (folder / "server.log").read_text().count("Accepted publickey") == 1, "one way serves all calls"
        for each in tunnel._tunnels.values():
            each.close()
        tunnel._tunnels.clear()
    with pytest.raises(EngineUnreachable):  # there is no other way
        Client(there, 10.0).engine()


def open_to_all(path: Path) -> None:
    """Let every user of this machine reach a socket of root's."""
    for parent in (path, *path.parents):
        if parent != Path("/tmp") and os.stat(parent).st_uid == 0 and str(parent) != "/":
            parent.chmod(parent.stat().st_mode | 0o777 if parent.is_socket() else parent.stat().st_mode | 0o011)


@pytest.mark.skipif(os.geteuid() != 0, reason="logs in as other users")
async def test_two_users_are_two_people_of_two_teams(server: Server, still: Served) -> None:
    """Neither of them has a shell there: the way to the socket is all that sshd has to give."""
    open_to_all(Path(still.address))

    def declare() -> None:
        inventory = still.engine.snapshot.inventory
        teams = {"payments": Team("payments", ("games",)), "web": Team("web", ("daemon",))}
        roles = (Grant(Role.DEPLOYER, ("team:*",), Scope(), own=True), Grant(Role.ADMIN, ("boss",)))
        still.engine.snapshot = replace(still.engine.snapshot, inventory=replace(inventory, teams=teams, roles=roles))

    still.do(declare)
    for user, own, other, able in (
        ("games", "ledger", "search", "boss, daemon"),
        ("daemon", "search", "ledger", "boss, games"),
    ):
        client = Client(at(server, still, user), 10.0)
        assert client.engine()["you"] == user
        change = client.deploy({"environment": "prod", "services": {own: "1.1.0"}})["change"]
        assert client.change(change)["requested_by"] == user
        with pytest.raises(RequestRefused) as refusal:
            client.post("/v1/changes", {"environment": "prod", "services": {other: "1.1.0"}, "actor": "boss"})
        assert f"{user} may not deploy {other}@prod: that takes a deployer for {other}@prod; {able} could" in str(
            refusal.value
        )
    denied = [each.event for each in still.engine.store.events if isinstance(each.event, RequestTurnedDown)]
    assert [(each.by, each.denied) for each in denied] == [("games", True), ("daemon", True)]


async def test_a_watch_goes_on_when_ssh_dies_under_it(server: Server, still: Served, tmp_path: Path) -> None:
    client = Client(at(server, still), 10.0)
    change = client.deploy({"environment": "prod", "services": {"ledger": "1.1.0"}})["change"]
    said = tmp_path / "said"
    with said.open("wb") as out:
        command = [sys.executable, "-m", "console", "watch", change, "--engine", at(server, still)]
        root = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        watch = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=tmp_path, env=root)
    await eventually(lambda: still.do(lambda: len(still.engine.watchers._queues)))
    for count in range(1, 4):
        still.do(lambda: still.engine.happen(ChangeHeld(change, "sam"), ChangeReleased(change, "sam")))
        await eventually(partial(tells, said, "was released by sam", count))
        ssh = subprocess.run(["pgrep", "-P", str(watch.pid)], capture_output=True, text=True, check=True).stdout.split()
        subprocess.run(["pkill", "-KILL", "-P", ssh[0], "ssh"], check=True)
    while still.do(still.engine.step):
        pass
    await eventually(lambda: watch.poll() is not None)
    assert watch.returncode == 0
    assert said.read_text().count("was held by sam") == 3
    assert f"change {change} is succeeded" in said.read_text()


def tells(file: Path, words: str, times: int) -> bool:
    return file.read_text().count(words) == times


async def eventually(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.02)


async def test_a_link_that_broke_is_made_anew(server: Server, still: Served) -> None:
    client = Client(at(server, still), 10.0)
    client.engine()
    (made,) = tunnel._tunnels.values()
    assert made._ssh is not None
    first = made._ssh
    subprocess.run(["pkill", "-KILL", "-P", str(first.pid), "ssh"], check=True)
    first.wait(5)
    assert client.engine()["organization"] == "acme"
    assert made._ssh is not first


async def test_what_ssh_says_is_what_the_operator_reads(
    server: Server, still: Served, interlock: Interlock, tmp_path: Path
) -> None:
    (tmp_path / "known_hosts").write_text("")
    ran = interlock("status", "--engine", at(server, still))
    assert (ran.code, ran.out) == (3, "")
    assert "Host key verification failed" in ran.err


async def test_a_login_that_is_refused_says_so(server: Server, still: Served, interlock: Interlock) -> None:
    ran = interlock("status", "--engine", at(server, still, "nobody-at-all"))
    assert ran.code == 3
    assert "Permission denied" in ran.err


async def test_no_engine_behind_the_login(server: Server, interlock: Interlock) -> None:
    ran = interlock("status", "--engine", f"ssh://{server.user}@127.0.0.1:{server.port}/nowhere/engine.sock")
    assert ran.code == 3
    assert "No engine can be reached at ssh://" in ran.err
    assert "open failed" in ran.err


async def test_ssh_ends_with_the_command_even_if_that_is_killed(server: Server, still: Served) -> None:
    code = "import sys, time; from engine.api.client import Client; Client(sys.argv[1], 10.0).engine()"
    code += "; print('up', flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", code, at(server, still)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"up\n"
    below = subprocess.run(["pgrep", "-f", f"ssh.*{server.port}"], capture_output=True, text=True, check=True).stdout
    assert below
    child.send_signal(signal.SIGKILL)
    child.wait()
    deadline = time.monotonic() + 10
    while subprocess.run(["pgrep", "-f", f"ssh -N.*{server.port}"], capture_output=True, check=False).returncode == 0:
        assert time.monotonic() < deadline, "ssh outlived its command"
        time.sleep(0.05)


def test_an_engine_does_not_listen_behind_ssh(interlock: Interlock, tmp_path: Path) -> None:
    (tmp_path / "i.yaml").write_text("organization: acme\n")
    ran = interlock("engine", "-i", str(tmp_path / "i.yaml"), "--engine", "ssh://host/x")
    assert ran.code == 2
    assert "a socket of its own machine" in ran.err


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("ssh://host", "ssh://host/run/interlock/acme/engine.sock"),
        ("ssh://ops@host:2222", "ssh://ops@host:2222/run/interlock/acme/engine.sock"),
        ("ssh://[fd00::1]/s", "ssh://[fd00::1]/s"),
    ],
)
def test_an_address_names_the_systems_socket_where_it_names_none(text: str, whole: str) -> None:
    assert address.engine_address(text, {}, None, "acme") == whole


@pytest.mark.parametrize(
    "text", ["ssh://", "ssh://-oProxyCommand=x", "ssh://a b", "ssh://h:99999/s", "ssh://h/a:b", "ssh://h\n/s"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match="is no address of an engine"):
        address.engine_address(text, {}, None, "acme")


def test_without_an_organization_the_socket_has_to_be_named() -> None:
    with pytest.raises(UsageError, match="say which socket: ssh://host/run/interlock/ORGANIZATION/engine"):
        address.engine_address("ssh://host", {}, None, None)


def test_a_machine_without_ssh_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cat").symlink_to(shutil.which("cat") or "")  # what the guard of the tunnel runs
    monkeypatch.setenv("PATH", str(tmp_path))
    made = tunnel.Tunnel("ssh://host/s")
    with pytest.raises(EngineUnreachable, match="not found"):
        made.socket(5.0)
    made.close()
