"""The stand-in for curl behaves as the host script needs it, and the script works with nothing
else: a machine without curl and wget can run the demo.
"""

from __future__ import annotations

import http.server
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.drivers import SCRIPT
from engine.fleet.host import install_fetcher

WITHOUT_CURL = ("sh", "cat", "cut", "date", "flock", "grep", "head", "ls", "mkdir", "mv", "printf", "readlink", "rm")
WITHOUT_CURL += ("sed", "sha256sum", "sleep", "sort", "stat", "tail", "tr", "wc")


class Answers(http.server.BaseHTTPRequestHandler):
    """/version answers, /sick is unhealthy, /mute never answers."""

    def do_GET(self) -> None:
        if self.path == "/mute":
            self.server.silence.wait(10)  # type: ignore[attr-defined]
            return
        body = b"no disk" if self.path == "/sick" else b"4.2.0\n"
        self.send_response(503 if self.path == "/sick" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.silence = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.silence.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def curl(tmp_path: Path) -> Path:
    install_fetcher(tmp_path)
    return tmp_path / "curl"


def ask(curl: Path, url: str, max_time: str = "5") -> subprocess.CompletedProcess[str]:
    command = [str(curl), "-q", "-sSf", "--noproxy", "*", "--max-time", max_time, "--", url]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)


def test_a_good_answer_is_its_body(curl: Path, url: str) -> None:
    answer = ask(curl, f"{url}/version")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "4.2.0\n", "")


def test_an_error_status_fails_and_is_named(curl: Path, url: str) -> None:
    answer = ask(curl, f"{url}/sick")
    assert (answer.returncode, answer.stdout) == (22, "")
    assert "503" in answer.stderr


def test_silence_times_out(curl: Path, url: str) -> None:
    answer = ask(curl, f"{url}/mute", "0.3")
    assert answer.returncode == 28
    assert "timed out" in answer.stderr


def test_nobody_listening_fails(curl: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        answer = ask(curl, f"http://127.0.0.1:{probe.getsockname()[1]}/")
    assert answer.returncode == 7
    assert "Failed to connect" in answer.stderr


def test_only_plain_http_is_asked(curl: Path) -> None:
    assert ask(curl, "https://127.0.0.1/").returncode == 3


def test_the_host_script_needs_no_other(tmp_path: Path, url: str) -> None:
    """Its PATH holds the stand-in and small tools, and neither curl nor wget."""
    tools = tmp_path / "bin"
    tools.mkdir()
    install_fetcher(tools)
    for name in WITHOUT_CURL:
        place = shutil.which(name)
        if place:
            (tools / name).symlink_to(place)
    script = tmp_path / "host.sh"
    # The script adds the system's own folders to PATH; here they must not help it.
    script.write_bytes(SCRIPT.replace(b":/usr/sbin:/sbin", b""))
    assert b"/usr/sbin" not in script.read_bytes().split(b"unset CDPATH")[0]
    spec = (
        f"service\tsearch\nbase\tinterlock\ndriver\tprocess\nhttp\t{url}/version\nversion\t{url}/version\nend\t2000\n"
    )
    environment = {"PATH": str(tools), "HOME": str(tmp_path)}
    command = [str(tools / "sh"), str(script), "observe", "organization=acme"]
    answer = subprocess.run(
        command, check=False, input=spec, capture_output=True, text=True, timeout=30, env=environment
    )
    assert answer.returncode == 0, answer.stderr
    assert "version\t4.2.0" in answer.stdout
    assert "health\tpassing" in answer.stdout
