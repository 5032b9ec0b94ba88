"""Artifacts that the host fetches itself: checked like those that are sent, with no password in any
argument."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from engine.model.release import Artifact, Storage
from tests.drivers.box import Box, Placed, placed


class Files(BaseHTTPRequestHandler):
    """One release; /moved redirects to it."""

    body = Placed.release("1.0")
    tries: ClassVar[list[bool]] = []

    def do_GET(self) -> None:
        moved = self.path == "/moved"
        if self.path == "/busy.tar.gz" and self.tries.pop():
            self.send_error(503)
            return
        self.send_response(302 if moved else 200 if self.path in ("/web.tar.gz", "/busy.tar.gz") else 404)
        self.send_header("Location", "/web.tar.gz") if moved else None
        self.send_header("Content-Length", "0" if moved else str(len(self.body)))
        self.end_headers()
        self.wfile.write(b"" if moved else self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(port: int) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", port), Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{port}"
        server.shutdown()


def fetched(web: Placed, url: str) -> Artifact:
    return replace(web.artifact("1.0", Files.body), path="", size=0, url=url)


@pytest.mark.parametrize("path", ["web.tar.gz", "moved"])
def test_the_host_fetches_and_checks_it(any_box: Box, site: str, path: str) -> None:
    web = placed(any_box)
    web.claimed()
    answer = web.stage(fetched(web, f"{site}/{path}"))
    assert (answer.state, answer.detail) == ("have", "fetched by the host")
    assert (web.dir / "releases" / "1.0" / "VERSION").read_text() == "1.0"
    assert web.at("2.0").stage(fetched(web, "http://127.0.0.1:1/gone")).state == "have", "the cache was not asked"


def test_a_server_that_is_busy_is_asked_again(box: Box, site: str) -> None:
    web = placed(box)
    web.claimed()
    Files.tries[:] = [False, True]
    assert web.stage(fetched(web, f"{site}/busy.tar.gz")).detail == "fetched by the host"
    assert Files.tries == []


@pytest.mark.parametrize("why", ["content", "missing", "large"])
def test_what_is_not_it_is_not_unpacked(any_box: Box, site: str, why: str) -> None:
    web = placed(any_box)
    web.claimed()
    artifact = fetched(web, f"{site}/{'nothing' if why == 'missing' else 'web.tar.gz'}")
    if why == "content":
        artifact = replace(artifact, sha256="ab" * 32)
    answer = web.stage(artifact, Storage(largest_bytes=10 if why == "large" else 10**9))
    assert answer.state == {"content": "mismatch", "missing": "unfetched", "large": "refused"}[why], answer
    assert answer.detail
    assert list((web.dir / "releases").iterdir()) == []


def test_a_login_is_neither_shown_nor_an_argument(any_box: Box, site: str) -> None:
    web = placed(any_box)
    web.claimed()
    answer = web.stage(fetched(web, f"{site.replace('://', '://me:hunter2@')}/nothing?token=hunter2"))
    assert answer.state in ("unfetched", "refused")
    assert "hunter2" not in answer.detail
