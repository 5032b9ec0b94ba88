"""Servers without manners: whatever one answers, or does not, it is told again until it says 2xx, goes nowhere
else, holds nobody up, and nothing that is secret is in the log."""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.model.change import Status
from engine.model.hook import SecretSource
from engine.model.webhook import Told, Webhook
from engine.runtime import webhooks
from tests.runtime.receiving import World, change, telling, until

SECRET, TOKEN = "s3cret-of-the-hook", "t0ken-in-the-address"


@dataclass
class Rude:
    """A server that treats each connection in turn as it is told, and takes the last kind ever after."""

    manners: list[Callable[[socket.socket], None]]
    requests: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(_request(connection))
                turn = self.manners[min(len(self.requests), len(self.manners)) - 1]
                with suppress(OSError):  # it was hung up on
                    turn(connection)

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


def _request(connection: socket.socket) -> bytes:
    text = b""
    while b"\r\n\r\n" not in text:
        text += connection.recv(65536)
    head, _, body = text.partition(b"\r\n\r\n")
    length = int(_header(head, "Content-Length"))
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def _header(head: bytes, name: str) -> str:
    lines = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
    return lines[name]


def answers(status: str, *headers: str) -> Callable[[socket.socket], None]:
    text = "\r\n".join((f"HTTP/1.1 {status}", "Content-Length: 0", *headers, "", ""))
    return lambda connection: connection.sendall(text.encode())


def says_nothing(connection: socket.socket) -> None:
    connection.recv(1)  # until it is hung up on


def trickles(connection: socket.socket) -> None:
    """A byte now and then, each in time and all of them for ever."""
    for at in range(1000):
        connection.sendall(b"HTTP/1.1 204 x\r\n"[at : at + 1] or b"y")
        time.sleep(0.05)


def babbles(connection: socket.socket) -> None:
    connection.sendall(b"what?\r\n\r\n")


def hangs_up(connection: socket.socket) -> None:
    pass


@pytest.fixture
def elsewhere() -> Iterator[Rude]:
    found = Rude([answers("204 No Content")])
    yield found
    found.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"LOOK_S": 0.02, "FIRST_PAUSE_S": 0.01, "TIMEOUT_S": 0.15, "WHOLE_S": 0.4}.items():
        monkeypatch.setattr(webhooks, name, value)
    monkeypatch.setenv("HOOK_SECRET", SECRET)


async def test_whatever_it_answers_it_is_told_until_it_says_yes(
    tmp_path: Path, elsewhere: Rude, capfd: pytest.CaptureFixture[str]
) -> None:
    redirect = answers("302 Found", f"Location: http://127.0.0.1:{elsewhere.port}/stolen")
    kept = answers("307 Temporary Redirect", f"Location: http://127.0.0.1:{elsewhere.port}/stolen")
    bad = [answers("500 Oops"), says_nothing, redirect, kept, trickles, babbles, hangs_up, answers("429 Slow down")]
    rude = Rude([*bad, answers("204 No Content")])
    url = f"http://127.0.0.1:{rude.port}/hook/{TOKEN}?key={TOKEN}"
    estate = World((Webhook("chat", url, tuple(Told), SecretSource(env="HOOK_SECRET")),))
    try:
        async with telling(tmp_path, estate):
            estate.changes.append(change(1, Status.FAILED, "h1 was not healthy"))
            await until(lambda: "failed:1" in (tmp_path / webhooks.FILE).read_text())
    finally:
        rude.close()
    assert len(rude.requests) == len(bad) + 1, "told once for each no, and once for the yes"
    assert elsewhere.requests == [], "no redirect is followed"
    heads, bodies = zip(*(request.split(b"\r\n\r\n", 1) for request in rude.requests), strict=True)
    assert len(set(bodies)) == 1
    assert len({_header(head, "X-Interlock-Delivery") for head in heads}) == 1, "by this it can tell one twice told"
    for head in heads:
        signed = _header(head, "X-Interlock-Timestamp").encode() + b"." + bodies[0]
        mac = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        assert _header(head, "X-Interlock-Signature-256") == f"sha256={mac}"
    logged = "".join(capfd.readouterr())
    assert "webhook not delivered, trying again" in logged
    kept_file = (tmp_path / webhooks.FILE).read_text()
    for secret in (SECRET, TOKEN):
        assert all(secret not in text for text in (logged, kept_file, bodies[0].decode()))


def test_one_that_trickles_is_cut_off() -> None:
    rude = Rude([trickles])
    began = time.monotonic()
    try:
        with pytest.raises((OSError, ValueError, webhooks.http.client.HTTPException)):
            webhooks.post(f"http://127.0.0.1:{rude.port}/", b"{}", {})
    finally:
        rude.close()
    assert time.monotonic() - began < 3.0
