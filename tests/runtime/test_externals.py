"""Externals are asked over HTTP, by a connection, or by a command; what brings no answer is unknown."""

from __future__ import annotations

import asyncio
import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.model.external import External, ExternalSeen
from engine.model.observation import Health
from engine.runtime.externals import Externals, Look, look_at
from engine.runtime.ports import SystemChance
from tests.builders import estate, service


class Says(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204 if self.path == "/ok" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Silent."""


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Says) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"127.0.0.1:{made.server_address[1]}"
        made.shutdown()
        thread.join()


async def test_http_passes_on_2xx_fails_on_the_rest_and_is_unknown_where_nobody_answers(server: str) -> None:
    assert (await look_at(External("x", http=f"http://{server}/ok"))).health is Health.PASSING
    assert (await look_at(External("x", http=f"http://{server}/no"))).health is Health.FAILING
    nobody = await look_at(External("x", http="http://127.0.0.1:1/ok"))
    assert nobody.health is Health.UNKNOWN
    assert "cannot be reached" in nobody.detail


async def test_tcp_passes_when_a_connection_is_accepted(server: str) -> None:
    assert (await look_at(External("x", tcp=server))).health is Health.PASSING
    refused = await look_at(External("x", tcp="127.0.0.1:1"))
    assert refused.health is Health.FAILING
    assert "accepts no connection" in refused.detail


async def test_commands_pass_on_0_and_are_unknown_where_they_cannot_be_run() -> None:
    assert (await look_at(External("x", command=("true",)))).health is Health.PASSING
    assert (await look_at(External("x", command=("false",)))).health is Health.FAILING
    assert (await look_at(External("x", command=("/no/such/thing",)))).health is Health.UNKNOWN


async def test_only_changes_are_told_and_one_look_without_an_answer_is_none() -> None:
    looks = iter([Health.PASSING, Health.PASSING, Health.UNKNOWN, Health.PASSING, *[Health.UNKNOWN] * 3])
    told: list[Health] = []
    over = asyncio.Event()

    async def look(external: External) -> Look:
        try:
            return Look(next(looks))
        except StopIteration:
            over.set()
            return Look(Health.UNKNOWN)

    def deliver(seen: ExternalSeen) -> None:
        told.append(seen.health)

    watching = Externals(SystemChance(), deliver, look)
    watching.follow(replace(estate(service("checkout")), externals={"x": External("x", tcp="a:1", interval_s=0.001)}))
    await asyncio.wait_for(over.wait(), 5)
    await watching.close()
    assert told == [Health.PASSING, Health.UNKNOWN]
