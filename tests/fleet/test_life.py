"""A fleet's beginning and end: nothing is left running, whoever dies and however."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from engine.fleet import demo, processes
from engine.fleet.layout import Folders, Layout
from engine.fleet.lock import FleetRuns
from engine.fleet.process import FleetFailed, FleetProcess
from engine.inventory import load

SERVICE_COUNT, HOST_COUNT = 2, 3


def homes(root: Path) -> set[str]:
    return {str(Folders(root).hosts / name) for name in Layout.load(Folders(root)).hosts}


def until(done: Callable[[], bool], timeout_s: float = 15.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def gone(pid: int) -> bool:
    tree = processes.parents()
    return pid not in tree or tree[pid][1] == "Z"


def listens(root: Path) -> bool:
    """Whether anything listens on an address of the fleet."""
    prefix = bytes(map(int, f"127.{Layout.load(Folders(root)).block}".split(".")))
    wanted = prefix[::-1].hex().upper()
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(fields[1][2:8] == wanted and fields[3] == "0A" for fields in lines)


def answers(fleet: FleetProcess) -> int:
    """How many placements of the fleet report a version, each on its host's own address."""
    inventory = load(fleet.inventory)
    urls = [
        service.configuration.health.version.replace("{address}", inventory.hosts[host].address)
        for service in inventory.services.values()
        for hosts in service.hosts.values()
        for host in hosts
    ]
    count = 0
    for url in urls:
        with suppress(OSError), urllib.request.urlopen(url, timeout=3) as response:
            count += bool(response.read().strip())
    return count


def test_stop_leaves_nothing(tmp_path: Path) -> None:
    with demo.running(tmp_path, SERVICE_COUNT, HOST_COUNT) as fleet:
        assert len(processes.living(homes(tmp_path))) >= SERVICE_COUNT * 3
        assert listens(tmp_path)
    assert processes.living(homes(tmp_path)) == set()
    assert gone(fleet.pid)
    assert not listens(tmp_path)
    assert Folders(tmp_path).log.read_text() == ""


def test_a_fleet_that_does_not_stop_is_killed_with_all_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.fleet.process.STOP_TIMEOUT_S", 0.5)
    fleet = demo.start(tmp_path, SERVICE_COUNT, HOST_COUNT)
    os.kill(fleet.pid, signal.SIGSTOP)
    fleet.stop()
    assert fleet.child.returncode == -signal.SIGKILL
    assert processes.living(homes(tmp_path)) == set()


def test_the_present_folder_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("engine", "inventories"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the wrong package')\n")
    monkeypatch.chdir(tmp_path)
    with demo.running(Path("demo"), SERVICE_COUNT, HOST_COUNT) as fleet:
        assert fleet.inventory == tmp_path / "demo" / "inventory"
        assert answers(fleet) == SERVICE_COUNT * 3


def test_sigterm_leaves_nothing(tmp_path: Path) -> None:
    with demo.running(tmp_path, SERVICE_COUNT, HOST_COUNT) as fleet:
        os.kill(fleet.pid, signal.SIGTERM)
        assert fleet.child.wait(15) == 0
        assert processes.living(homes(tmp_path)) == set()


@pytest.mark.parametrize("deaf", ["trap : TERM HUP INT", "trap '' TERM HUP INT"])
def test_what_ignores_sigterm_or_detaches_is_ended_too(tmp_path: Path, deaf: str) -> None:
    demo.prepare(tmp_path, SERVICE_COUNT, HOST_COUNT)
    with demo.running(tmp_path) as fleet:
        host = next(iter(Layout.load(fleet.folders).hosts))
        inventory = load(fleet.inventory)
        command = ["ssh", "-F", "none", "-i", inventory.ssh.identity, "-p", str(inventory.ssh.port)]
        command += ["-o", f"UserKnownHostsFile={inventory.ssh.known_hosts}", "-o", "BatchMode=yes"]
        line = (
            f'setsid env -i HOME="$HOME" setsid sh -c "{deaf}; while :; do sleep 1; done" >/dev/null 2>&1 </dev/null &'
        )
        if not os.access("/usr/bin/ssh", os.X_OK):
            pytest.skip("no OpenSSH client here")
        subprocess.run([*command, f"deploy@{inventory.hosts[host].address}", line], check=True, timeout=20)
    assert processes.living(homes(tmp_path)) == set()


def test_the_fleet_ends_with_whoever_started_it(tmp_path: Path) -> None:
    """Even if that is killed and can say nothing any more."""
    code = (
        "import sys, time; from pathlib import Path; from engine.fleet import demo\n"
        f"fleet = demo.start(Path({str(tmp_path)!r}), {SERVICE_COUNT}, {HOST_COUNT}); print(fleet.pid, flush=True)\n"
        "time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert until(lambda: gone(pid))
    assert processes.living(homes(tmp_path)) == set()


def test_what_a_killed_fleet_left_is_cleared_away_by_the_next(tmp_path: Path) -> None:
    fleet = demo.start(tmp_path, SERVICE_COUNT, HOST_COUNT)
    fleet.child.kill()
    fleet.stop()
    left = processes.living(homes(tmp_path))
    assert left, "its services outlive a killed fleet; the next one has to find them"
    with demo.running(tmp_path):
        running = processes.living(homes(tmp_path))
        assert running
        assert not running & left
    assert processes.living(homes(tmp_path)) == set()


def test_two_fleets_in_one_folder_are_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with demo.running(tmp_path, SERVICE_COUNT, HOST_COUNT) as fleet:
        before = processes.living(homes(tmp_path))
        with pytest.raises(FleetFailed, match=f"runs in .* already .process {fleet.pid}."):
            FleetProcess.start(Folders(tmp_path))
        inventory = load(fleet.inventory)
        with pytest.raises(FleetRuns, match=f"process {fleet.pid}"):
            demo.start(tmp_path)
        assert load(fleet.inventory) == inventory
        assert processes.living(homes(tmp_path)) >= before


def test_two_fleets_side_by_side_do_not_meet(tmp_path: Path) -> None:
    with (
        demo.running(tmp_path / "a", SERVICE_COUNT, HOST_COUNT) as one,
        demo.running(tmp_path / "b", SERVICE_COUNT, HOST_COUNT) as two,
    ):
        blocks = {Layout.load(fleet.folders).block for fleet in (one, two)}
        assert len(blocks) == 2
        one.stop()
        assert processes.living(homes(tmp_path / "a")) == set()
        assert processes.living(homes(tmp_path / "b"))


def test_a_taken_address_makes_the_fleet_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody takes the block after it was found free and before the fleet listens there."""
    demo.prepare(tmp_path, SERVICE_COUNT, HOST_COUNT)
    with demo.running(tmp_path / "other", SERVICE_COUNT, HOST_COUNT) as other:
        taken = Layout.load(other.folders)
        mine = Layout.load(Folders(tmp_path))
        Layout(taken.block, taken.port, taken.hosts, mine.seeds).save(Folders(tmp_path))
        hosts = Folders(tmp_path).inventory / "hosts.yaml"
        hosts.write_text(hosts.read_text().replace(f"127.{mine.block}.", f"127.{taken.block}."))
        monkeypatch.setattr(demo, "prepare", lambda *_: None)
        with demo.running(tmp_path) as fleet:
            assert Layout.load(fleet.folders).block != taken.block
            assert {host.address for host in load(fleet.inventory).hosts.values()}.isdisjoint(taken.hosts.values())
            assert answers(fleet) == answers(other) == SERVICE_COUNT * 3


def test_a_fleet_started_again_at_other_addresses_has_its_services(tmp_path: Path) -> None:
    with demo.running(tmp_path, SERVICE_COUNT, HOST_COUNT) as fleet:
        before = load(fleet.inventory)
    with socket.socket() as other:
        other.bind((next(iter(before.hosts.values())).address, before.ssh.port))
        with demo.running(tmp_path) as fleet:
            after = load(fleet.inventory)
            assert answers(fleet) == SERVICE_COUNT * 3
    assert {host.address for host in after.hosts.values()}.isdisjoint(host.address for host in before.hosts.values())


def test_a_broken_inventory_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    demo.prepare(tmp_path, SERVICE_COUNT, HOST_COUNT)
    (Folders(tmp_path).inventory / "services.yaml").write_text("services: {config: {temm: x}}\n")
    with pytest.raises(FleetFailed, match="temm"):
        demo.start(tmp_path)
    assert processes.living(homes(tmp_path)) == set()
    assert not listens(tmp_path)
