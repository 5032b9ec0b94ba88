"""The program inside the artifacts: it reports its version, and misbehaves exactly as told."""

from __future__ import annotations

import http.client
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.fleet.artifacts import contents, interpreter


@dataclass
class Running:
    """A service process, and how to ask it."""

    process: subprocess.Popen[str]
    port: int

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def wait_until_it_answers(self, timeout_s: float = 10.0) -> float:
        """Seconds until the first answer."""
        start = time.monotonic()
        while time.monotonic() - start < timeout_s:
            try:
                self.get("/version")
                return time.monotonic() - start
            except OSError:
                time.sleep(0.02)
        raise AssertionError("the service never answered")

    def stop(self) -> str:
        """End it if it runs; all that it logged."""
        self.process.terminate()
        return self.process.communicate(timeout=10)[0]


@contextmanager
def running(folder: Path, switches: Mapping[str, str], listen: str = "") -> Iterator[Running]:
    for name, (data, mode) in contents("search", "4.2.0", switches, interpreter()).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        path.chmod(mode)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["bin/search", "--listen", listen or f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        yield Running(process, port)
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def test_a_good_version_reports_itself(tmp_path: Path) -> None:
    with running(tmp_path, {}) as service:
        service.wait_until_it_answers()
        assert service.get("/version") == (200, "4.2.0\n")
        assert service.get("/healthz") == (200, "ok\n")
        assert service.get("/")[1].startswith("search 4.2.0, up ")
        assert service.get("/nothing")[0] == 404
        log = service.stop()
    assert "search 4.2.0 starting" in log
    assert f"listening on 127.0.0.1:{service.port}" in log
    assert "stopping on signal 15" in log
    assert service.process.returncode == 0


def test_it_survives_clients_that_make_no_sense(tmp_path: Path) -> None:
    with running(tmp_path, {}) as service:
        service.wait_until_it_answers()
        for nonsense in (b"", b"\0\xff\r\n\r\n", b"GET\r\n\r\n", b"POST /version HTTP/1.1\r\n\r\n", b"x" * 20000):
            # The service may have hung up already: that is an answer to nonsense too.
            with suppress(OSError), socket.create_connection(("127.0.0.1", service.port)) as client:
                client.sendall(nonsense)
                client.shutdown(socket.SHUT_WR)
        assert service.get("/version") == (200, "4.2.0\n")


def test_a_failing_version_says_why(tmp_path: Path) -> None:
    with running(tmp_path, {"health": "failing", "why": "table journal_lines is missing"}) as service:
        service.wait_until_it_answers()
        assert service.get("/healthz") == (503, "table journal_lines is missing\n")
        assert service.get("/version") == (200, "4.2.0\n")
        log = service.stop()
    assert "ERROR unhealthy: table journal_lines is missing" in log


def test_a_flapping_version_changes_its_mind(tmp_path: Path) -> None:
    with running(tmp_path, {"health": "flapping", "flap_s": "0.2", "why": "no replica"}) as service:
        service.wait_until_it_answers()
        seen = set()
        deadline = time.monotonic() + 5
        while seen != {200, 503} and time.monotonic() < deadline:
            seen.add(service.get("/healthz")[0])
            time.sleep(0.05)
        assert seen == {200, 503}


def test_a_slow_version_listens_late(tmp_path: Path) -> None:
    with running(tmp_path, {"start_s": "1", "why": "warming the cache"}) as service:
        assert service.wait_until_it_answers() >= 0.8
        assert "not ready for 1 s: warming the cache" in service.stop()


def test_a_slow_version_can_be_stopped_meanwhile(tmp_path: Path) -> None:
    with running(tmp_path, {"start_s": "60"}) as service:
        assert service.process.stdout
        assert "starting" in service.process.stdout.readline()
        service.process.terminate()
        assert service.process.wait(timeout=5) == 0


def test_a_crashing_version_dies_with_its_reason(tmp_path: Path) -> None:
    with running(tmp_path, {"crash_after_s": "0.4", "why": "nil acquirer"}) as service:
        assert service.process.wait(timeout=10) == 3
        assert "FATAL nil acquirer" in service.process.communicate()[0]


@pytest.mark.parametrize("listen", ["127.0.0.1:1x", "192.0.2.1:8000"])
def test_it_ends_if_it_cannot_listen(tmp_path: Path, listen: str) -> None:
    with running(tmp_path, {}, listen) as service:
        assert service.process.wait(timeout=10) != 0


def test_it_is_small(tmp_path: Path) -> None:
    """81 of these run in a demo: none may load what it does not need."""
    with running(tmp_path, {}) as service:
        service.wait_until_it_answers()
        fields = Path(f"/proc/{service.process.pid}/smaps_rollup").read_text().split()
        private_kb = sum(int(fields[fields.index(key) + 1]) for key in ("Private_Dirty:", "Private_Clean:"))
        assert private_kb < 6000
