"""Asking alarms: a server that answers like Prometheus, endpoints, commands; and how often."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.model.alarm import AlarmPolicy, Verdict
from engine.model.inventory import Inventory
from engine.model.scope import Scope
from engine.runtime.asking import Answer, ask
from engine.runtime.ports import SystemChance, SystemClock
from engine.runtime.probes import Heard, Probes
from tests.builders import estate, service

SAMPLE = '{"metric": {"job": "web"}, "value": [1700000000, "5"]}'
VECTOR = '{"status": "success", "data": {"resultType": "vector", "result": [SAMPLES]}}'
ANSWERS = {
    "one": (200, VECTOR.replace("SAMPLES", SAMPLE)),
    "two": (200, VECTOR.replace("SAMPLES", f"{SAMPLE}, {SAMPLE}")),
    "none": (200, '{"status": "success", "data": {"resultType": "vector", "result": []}}'),
    "scalar": (200, '{"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}}'),
    "error": (400, '{"status": "error", "errorType": "bad_data", "error": "parse error: unexpected end"}'),
    "garbage": (200, "<html>\x1b]52;c;aGk=\x07"),
    "list": (200, "[]"),
    "odd": (200, '{"status": "success", "data": {"resultType": "vector", "result": [7]}}'),
    "deep": (200, "[" * 100_000),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if "slow" in self.path:
            threading.Event().wait(2)
        name = self.path.rpartition("query=")[2] or self.path.strip("/")
        status, body = ANSWERS.get(name, (503 if "503" in self.path else 200, "down for\x1b[2J repair"))
        self.send_response(status)
        self.end_headers()
        with suppress(BrokenPipeError):  # who asked has given up
            self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def alarm(**how: object) -> AlarmPolicy:
    return AlarmPolicy("errors", Scope(), **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "verdict", "words"),
    [
        ("one", Verdict.FIRING, "{job=web} is 5"),
        ("two", Verdict.FIRING, "and 1 more"),
        ("none", Verdict.CLEAR, ""),
        ("scalar", Verdict.UNKNOWN, "a vector is needed"),
        ("error", Verdict.UNKNOWN, "parse error: unexpected end"),
        ("garbage", Verdict.UNKNOWN, "is not one of Prometheus's"),
        ("list", Verdict.UNKNOWN, "is not one of Prometheus's"),
        ("odd", Verdict.UNKNOWN, "is not one of Prometheus's"),
        ("deep", Verdict.UNKNOWN, "is not one of Prometheus's"),
    ],
)
async def test_what_prometheus_says(url: str, query: str, verdict: Verdict, words: str) -> None:
    answer = await ask(alarm(prometheus=url, query=query))
    assert answer.verdict is verdict
    assert words in answer.detail


async def test_an_endpoint_that_answers_2xx_is_clear(url: str) -> None:
    assert await ask(alarm(http=f"{url}/ok")) == Answer(Verdict.CLEAR)
    answer = await ask(alarm(http=f"{url}/503"))
    assert answer.verdict is Verdict.FIRING
    assert answer.detail.endswith("/503 answers 503: down for repair")


async def test_what_cannot_be_reached_is_unknown() -> None:
    for how in ({"http": "http://127.0.0.1:1/"}, {"prometheus": "http://127.0.0.1:1", "query": "up"}):
        answer = await ask(alarm(**how))
        assert answer.verdict is Verdict.UNKNOWN
        assert "127.0.0.1:1" in answer.detail
    assert (await ask(alarm(http="http://name.invalid/"))).verdict is Verdict.UNKNOWN
    assert (await ask(alarm(http="http://127.0.0.1:port/"))).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ("exit 0", Verdict.CLEAR),
        ("echo disk is full; exit 2", Verdict.FIRING),
        ("exit 127", Verdict.UNKNOWN),
        ("kill -9 $$", Verdict.UNKNOWN),
    ],
)
async def test_a_command_speaks_by_its_exit_status(script: str, verdict: Verdict) -> None:
    answer = await ask(alarm(command=("sh", "-c", script)))
    assert answer.verdict is verdict
    assert "disk" not in script or "disk is full" in answer.detail
    assert (await ask(alarm(command=("/no/such/command",)))).verdict is Verdict.UNKNOWN


@asynccontextmanager
async def probing(*policies: AlarmPolicy, asks: object = ask) -> AsyncIterator[asyncio.Queue[Heard]]:
    heard: asyncio.Queue[Heard] = asyncio.Queue()
    probes = Probes(SystemClock(), SystemChance(), heard.put_nowait, asks)  # type: ignore[arg-type]
    probes.follow(_with(*policies))
    try:
        yield heard
    finally:
        await probes.close()


def _with(*policies: AlarmPolicy) -> Inventory:
    return replace(estate(service("web")), alarms={policy.name: policy for policy in policies})


def saying(*verdicts: Verdict) -> object:
    """An ask that says these, one look after the other, and the last for ever."""
    left = list(verdicts)

    async def asks(_: AlarmPolicy) -> Answer:
        return Answer(left.pop(0) if len(left) > 1 else left[0], "said")

    return asks


C, F, U = Verdict.CLEAR, Verdict.FIRING, Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ((C, C, F, F, C), (C, F, C)),
        ((C, U, C, C, F), (C, F)),
        ((C, U, U, C), (C, U, C)),
        ((U, U, F), (U, F)),
    ],
)
async def test_only_changes_are_told_and_one_missed_look_says_nothing(
    looks: tuple[Verdict, ...], told: tuple[Verdict, ...]
) -> None:
    async with probing(alarm(http="http://x", interval_s=0.01), asks=saying(*looks)) as heard:
        async with asyncio.timeout(5):
            assert tuple([(await heard.get()).verdict for _ in told]) == told
        await asyncio.sleep(0.05)
        assert heard.empty()


async def test_it_fires_once_it_has_lasted() -> None:
    async with probing(alarm(http="http://x", interval_s=0.02, for_s=0.2), asks=saying(F)) as heard:
        began_s = asyncio.get_running_loop().time()
        async with asyncio.timeout(5):
            assert [(await heard.get()).verdict for _ in range(2)] == [C, F]
        assert asyncio.get_running_loop().time() - began_s >= 0.2


async def test_a_look_that_hangs_is_given_up_and_its_command_ended(url: str, tmp_path: Path) -> None:
    mark = tmp_path / "late"
    policies = (
        AlarmPolicy("http", Scope(), http=f"{url}/slow", interval_s=0.01, timeout_s=0.1),
        AlarmPolicy("cmd", Scope(), command=("sh", "-c", f"sleep 1; touch {mark}"), interval_s=0.01, timeout_s=0.1),
    )
    async with probing(*policies) as heard, asyncio.timeout(10):
        both = {(await heard.get()).alarm: 1 for _ in range(2)}
        assert set(both) == {"http", "cmd"}
    await asyncio.sleep(1.2)
    assert not mark.exists()
