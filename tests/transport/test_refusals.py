"""Who the host is, who we are, whether anybody is there: each refusal is a clear sentence,
the right kind of error, and nothing runs."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from engine.errors import HostKeyMismatch, HostUnreachable, LoginRefused, TransportError
from engine.transport.ssh import SshTransport
from tests.transport.ports import free_port
from tests.transport.script import DIGEST, SCRIPT
from tests.transport.servers import Keys, Server, embedded, make_key, need, openssh
from tests.transport.site import QUICK, Site, command, inventory_of, known_hosts, site_at


def fingerprint(public: str) -> str:
    return asyncssh.import_public_key(public).get_fingerprint()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with openssh(tmp_path) as server:
        yield server


async def refusal_of(site: Site, kind: type[Exception]) -> str:
    """The sentence with which a command is refused; checks that nothing ran."""
    mark = site.folder / "mark"
    with pytest.raises(kind) as caught:
        await site.transport.run("h1", command("note", file=mark))
    assert site.runs(mark) == 0
    assert site.script_files() == []
    return str(caught.value)


async def test_a_wrong_host_key_shows_both_fingerprints(tmp_path: Path, server: Server) -> None:
    other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text().strip()
    async with site_at(tmp_path, server) as site:
        known_hosts(tmp_path / "known_hosts", (site.proxy.port, other))
        text = await refusal_of(site, HostKeyMismatch)
        assert fingerprint(other) in text
        assert fingerprint(server.keys.host_public) in text
        assert "Nothing was sent" in text
        # The line it proposes is the one that mends it, from the next call on.
        (tmp_path / "known_hosts").write_text(text.rpartition("by: ")[2] + "\n")
        assert (await site.transport.run("h1", command("whoami"))).status == 0


async def test_an_unknown_host_key_is_refused_and_says_how_to_record_it(tmp_path: Path, server: Server) -> None:
    async with site_at(tmp_path, server) as site:
        known_hosts(tmp_path / "known_hosts")
        text = await refusal_of(site, HostKeyMismatch)
        assert fingerprint(server.keys.host_public) in text
        assert "not recorded" in text
        (tmp_path / "known_hosts").write_text(text.rpartition("known_hosts: ")[2] + "\n")
        assert (await site.transport.run("h1", command("whoami"))).status == 0


async def test_a_key_of_another_kind_is_a_mismatch_too(tmp_path: Path, server: Server) -> None:
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode().strip()
    async with site_at(tmp_path, server) as site:
        known_hosts(tmp_path / "known_hosts", (site.proxy.port, other))
        text = await refusal_of(site, HostKeyMismatch)
        assert fingerprint(other) in text
        assert fingerprint(server.keys.host_public) in text


async def test_a_revoked_host_key_is_refused(tmp_path: Path, server: Server) -> None:
    async with site_at(tmp_path, server) as site:
        with (tmp_path / "known_hosts").open("a") as file:
            file.write(f"@revoked * {server.keys.host_public}\n")
        assert "revoked" in await refusal_of(site, HostKeyMismatch)


async def test_known_hosts_that_is_not_there_vouches_for_nobody(tmp_path: Path, server: Server) -> None:
    async with site_at(tmp_path, server, known_hosts=str(tmp_path / "nowhere")) as site:
        assert f"{tmp_path}/nowhere (ssh.known_hosts) does not exist" in await refusal_of(site, HostKeyMismatch)


@pytest.mark.parametrize("signer", ["ca", "stranger"])
async def test_only_the_authority_of_the_inventory_vouches(tmp_path: Path, signer: str) -> None:
    prints = {}
    for name in ("ca", "stranger"):
        make_key(tmp_path / name)
        prints[name] = fingerprint((tmp_path / f"{name}.pub").read_text())
    keys = Keys(tmp_path / "keys")
    sign = [need("ssh-keygen"), "-q", "-h", "-I", "h1", "-n", "127.0.0.1", "-s", tmp_path / signer]
    subprocess.run([*sign, f"{keys.host}.pub"], check=True)
    shown = f"HostCertificate {keys.host}-cert.pub"
    trust = {"known_hosts": known_hosts(tmp_path / "empty"), "ca": str(tmp_path / "ca.pub")}
    async with openssh(tmp_path, shown, keys=keys) as server, site_at(tmp_path, server, **trust) as site:
        if signer == "ca":
            assert (await site.transport.run("h1", command("whoami"))).status == 0
            return
        text = await refusal_of(site, HostKeyMismatch)
        assert all(text.count(one) == 1 for one in prints.values())


async def test_without_a_certificate_the_authority_does_not_vouch(tmp_path: Path, server: Server) -> None:
    make_key(tmp_path / "ca")
    async with site_at(tmp_path, server, known_hosts=known_hosts(tmp_path / "e"), ca=str(tmp_path / "ca.pub")) as site:
        text = await refusal_of(site, HostKeyMismatch)
        assert "shows no certificate of" in text
        assert fingerprint(server.keys.host_public) in text


async def test_a_refused_login_names_user_and_key_and_is_not_insisted_on(tmp_path: Path, server: Server) -> None:
    stranger = make_key(tmp_path / "stranger")
    async with site_at(tmp_path, server, identity=str(stranger)) as site:
        text = await refusal_of(site, LoginRefused)
        assert f"refuses the login of {server.user}" in text
        assert str(stranger) in text
        assert fingerprint(Path(f"{stranger}.pub").read_text()) in text
        tries = site.proxy.accepted
        assert "Not tried again for another" in await refusal_of(site, LoginRefused)
        assert site.proxy.accepted == tries == 1
        server.keys.user = stranger
        server.keys.authorize(tmp_path / "authorized_keys")
        await asyncio.sleep(QUICK.refused_s)
        assert (await site.transport.run("h1", command("whoami"))).status == 0


async def test_many_calls_make_one_login_try(tmp_path: Path, server: Server) -> None:
    async with site_at(tmp_path, server, identity=str(make_key(tmp_path / "stranger"))) as site:
        results = await asyncio.gather(
            *(site.transport.run("h1", command("whoami")) for _ in range(12)), return_exceptions=True
        )
        assert {type(result) for result in results} == {LoginRefused}
        assert site.proxy.accepted == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "cannot be read: No such file"), (b"rubbish", "is no private key")],
)
async def test_an_unusable_identity_is_said_before_the_host_is_asked(
    tmp_path: Path, server: Server, content: bytes | None, says: str
) -> None:
    file = tmp_path / "identity"
    if content is not None:
        file.write_bytes(content)
    async with site_at(tmp_path, server, identity=str(file)) as site:
        assert says in await refusal_of(site, LoginRefused)
        assert site.proxy.accepted == 0


async def test_an_encrypted_identity_needs_an_agent(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    file = make_key(tmp_path / "encrypted")
    key = asyncssh.read_private_key(file)
    subprocess.run([need("ssh-keygen"), "-q", "-p", "-P", "", "-N", "secret", "-f", file], check=True)
    server.keys.user = file
    server.keys.authorize(tmp_path / "authorized_keys")
    async with site_at(tmp_path, server) as site:
        assert "is encrypted, and no agent runs" in await refusal_of(site, LoginRefused)
        assert site.proxy.accepted == 0

    agent = str(tmp_path / "agent")
    process = await asyncio.create_subprocess_exec(need("ssh-agent"), "-D", "-a", agent, stdout=-3, stderr=-3)
    try:
        while not Path(agent).exists():
            await asyncio.sleep(0.02)
        async with asyncssh.connect_agent(agent) as client:
            await client.add_keys([key])
        monkeypatch.setenv("SSH_AUTH_SOCK", agent)
        async with site_at(tmp_path, server) as site:
            assert (await site.transport.run("h1", command("whoami"))).status == 0
    finally:
        process.terminate()
        await process.wait()


async def test_nobody_listens(tmp_path: Path, server: Server) -> None:
    async with site_at(tmp_path, server) as site:
        transport = SshTransport(
            inventory_of({"h1": free_port()}, known_hosts=site.inventory.ssh.known_hosts), (SCRIPT, DIGEST)
        )
        before = time.monotonic()
        with pytest.raises(HostUnreachable, match="nothing listens at that port"):
            await transport.run("h1", command("whoami"))
        assert time.monotonic() - before < 1
        await transport.close()


async def test_a_name_that_does_not_resolve(tmp_path: Path, server: Server) -> None:
    async with site_at(tmp_path, server) as site:
        host = replace(site.inventory.hosts["h1"], address="nowhere.invalid")
        await site.transport.reconfigure(replace(site.inventory, hosts={"h1": host}))
        assert "the name cannot be resolved" in await refusal_of(site, HostUnreachable)


async def test_a_listener_that_is_no_ssh_server(tmp_path: Path, server: Server) -> None:
    async with site_at(tmp_path, server, pace=replace(QUICK, attempts=2)) as site:
        web = await asyncio.start_server(_hang_up, "127.0.0.1", 0, family=socket.AF_INET)
        site.proxy.target_port = web.sockets[0].getsockname()[1]
        assert "dropped the connection before the login" in await refusal_of(site, HostUnreachable)
        web.close()


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.0 400 \x1b]0;gotcha\x07\r\n\r\n")
    writer.close()


async def test_no_escape_sequence_of_a_banner_comes_through(tmp_path: Path) -> None:
    (tmp_path / "banner").write_bytes(b"go away \x1b]0;gotcha\x07 \xc2\x9b31m\n")
    stranger = str(make_key(tmp_path / "stranger"))
    banner = f"Banner {tmp_path}/banner"
    async with openssh(tmp_path, banner) as server, site_at(tmp_path, server, identity=stranger) as site:
        text = await refusal_of(site, LoginRefused)
        assert "go away" in text
        assert text.isprintable()


async def test_sudo_that_asks_for_a_password_is_a_refused_login(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    _fake(tools / "id", "echo 1000")  # root needs no sudo, so here we are not root
    _fake(tools / "sudo", "echo 'sudo: a password is required' >&2; exit 1")
    environment = f"SetEnv XDG_CACHE_HOME={tmp_path}/cache PATH={tools}:{os.environ['PATH']}"
    async with openssh(tmp_path, environment) as server, site_at(tmp_path, server, sudo=True) as site:
        mark = tmp_path / "mark"
        with pytest.raises(LoginRefused, match=r"not become root: sudo: a password is required.*NOPASSWD"):
            await site.transport.run("h1", command("note", file=mark))
        assert site.runs(mark) == 0
        _fake(tools / "sudo", 'test "$1" = -n && shift && exec "$@"')
        assert (await site.transport.run("h1", command("note", file=mark))).status == 0
        assert (await site.transport.run("h1", command("fail"))).status == 3


def _fake(path: Path, body: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


async def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    async with openssh(tmp_path, "SetEnv XDG_CACHE_HOME=/dev/null") as server, site_at(tmp_path, server) as site:
        with pytest.raises(TransportError, match=r"cannot keep the host script.*mkdir"):
            await site.transport.run("h1", command("whoami"))


async def test_a_host_that_grants_no_session(tmp_path: Path) -> None:
    async with openssh(tmp_path, "MaxSessions 0") as server, site_at(tmp_path, server) as site:
        assert "refuses every command" in await refusal_of(site, LoginRefused)


async def test_embedded_and_real_agree_on_a_refused_login(tmp_path: Path) -> None:
    stranger = str(make_key(tmp_path / "stranger"))
    async with embedded(tmp_path) as server, site_at(tmp_path, server, identity=stranger) as site:
        assert f"refuses the login of {server.user}" in await refusal_of(site, LoginRefused)
