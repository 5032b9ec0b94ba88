"""The main job against OpenSSH's own server: provider first, then consumer, a bad version taken
back, and a wrong host key refused with nothing changed.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.model.change import Status
from engine.model.names import PlacementId
from engine.model.wait import Reason
from tests.lab.release import write_release
from tests.runtime.running import running_engine, switches
from tests.transport.ports import free_port
from tests.transport.servers import Server, openssh


@dataclass
class Site:
    """Two sshd servers, each with a home folder of its own, and an inventory over them."""

    folder: Path
    inventory: Path
    servers: dict[str, Server]

    def home(self, host: str) -> Path:
        """A host's disk."""
        return self.folder / host / "home"


def service(name: str, host: str, port: int, needs: str = "[]") -> str:
    return f"""
  {name}:
    team: lab
    placement: {{prod: {{hosts: [{host}]}}}}
    driver: process
    artifact: {{path: "artifacts/{name}-{{version}}.tar.gz"}}
    command: bin/{name} {port}
    needs: {needs}
    health:
      http: "http://127.0.0.1:{port}/healthz"
      version: "http://127.0.0.1:{port}/version"
      interval: 200ms
    rollout: {{min_healthy_time: 300ms, healthy_deadline: 8s, progress_deadline: 30s, confirm_timeout: 10s}}
"""


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        servers: dict[str, Server] = {}
        for host in ("h1", "h2"):
            home = tmp_path / host / "home"
            home.mkdir(parents=True)
            force = f'ForceCommand exec env HOME={home} sh -c "$SSH_ORIGINAL_COMMAND"'
            keys = next(iter(servers.values())).keys if servers else None
            servers[host] = await stack.enter_async_context(openssh(tmp_path / host, force, keys=keys))
        key = servers["h1"].keys
        (tmp_path / "known_hosts").write_text(
            "".join(f"[127.0.0.1]:{server.port} {key.host_public}\n" for server in servers.values())
        )
        hosts = "".join(
            f"  {host}: {{address: 127.0.0.1, port: {server.port}, environment: prod, domain: a}}\n"
            for host, server in servers.items()
        )
        needs = '[{service: store, version: ">=1"}, {service: store, version: ">=2", when: ">=2"}]'
        inventory = tmp_path / "inventory.yaml"
        inventory.write_text(
            "organization: acme\nenvironments: {prod: {}}\nteams: {lab: {}}\ndomains: {a: {}}\n"
            f"ssh: {{user: {servers['h1'].user}, identity: {key.user}, known_hosts: ./known_hosts}}\n"
            f"hosts:\n{hosts}observe: {{steady: 2s, busy: 500ms}}\nservices:\n"
            + service("store", "h1", free_port())
            + service("web", "h2", free_port(), needs)
        )
        for name in ("store", "web"):
            for version in ("1.0", "2.0"):
                write_release(tmp_path / "artifacts", name, version)
        write_release(tmp_path / "artifacts", "web", "3.0", "failing")
        yield Site(tmp_path, inventory, servers)
        for host in servers:
            end_services(tmp_path / host / "home")


def end_services(home: Path) -> None:
    """Supervisors run detached, each in a session of its own: end those that the test left."""
    for file in home.glob("interlock/*/.interlock/process/supervisor"):
        with contextlib.suppress(ProcessLookupError, ValueError, IndexError):
            os.killpg(int(file.read_text().split()[0]), signal.SIGKILL)


async def test_the_main_job_over_openssh(site: Site, tmp_path: Path) -> None:
    async with running_engine(site.inventory, tmp_path / "state") as running:
        first = await running.done(await running.deploy(store="1.0", web="1.0"))
        assert first.status is Status.SUCCEEDED
        change = await running.done(await running.deploy(store="2.0", web="2.0"))
        assert change.status is Status.SUCCEEDED
        (store,), (web,) = (change.item(name).moves.values() for name in ("store", "web"))
        assert store.finished is not None
        assert store.finished <= web.started
        bad = await running.done(await running.deploy(web="3.0"))
        assert (bad.status, bad.item("web").status) == (Status.FAILED, Status.REVERTED)
        assert running.engine.snapshot.state.sightings[PlacementId("web", "prod", "h2")].version == "2.0"
    assert len(switches(site.home("h1"), "interlock", "store")) == 2


async def test_a_wrong_host_key_is_refused_and_nothing_is_changed(site: Site, tmp_path: Path) -> None:
    other = (tmp_path / "h1" / "keys" / "user.pub").read_text().strip()
    text = (site.folder / "known_hosts").read_text().splitlines()
    wrong = f"[127.0.0.1]:{site.servers['h1'].port} {other}"
    (site.folder / "known_hosts").write_text("\n".join([wrong, *text[1:]]) + "\n")
    async with running_engine(site.inventory, tmp_path / "state") as running:
        change = await running.deploy(store="1.0")
        await running.until(lambda: running.engine.plan.waits)
        (wait,) = running.engine.plan.waits
        assert wait.reason is Reason.HOST_UNREACHABLE
        assert wait.message.count("SHA256:") == 2
        assert running.change(change).item("store").moves == {}
    assert not (site.home("h1") / "interlock").exists()
