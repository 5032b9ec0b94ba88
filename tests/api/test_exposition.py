"""The engine's numbers over TCP: only these, and in the form that Prometheus wants."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from engine.api.exposition import MetricsServer, parse_address
from engine.api.metrics import Metrics
from engine.api.port import Port
from engine.errors import InterlockError, UsageError
from engine.model.change import Status
from engine.model.forecast import Foreseen
from engine.model.request import Deploy
from tests.api.small_engine import SmallEngine


@dataclass
class Exposed:
    """An engine and the address of its numbers."""

    engine: SmallEngine
    metrics: Metrics
    port: int

    async def ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

    async def text(self) -> str:
        head, _, body = (await self.ask(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).partition(b"\r\n\r\n")
        assert b"200 OK" in head
        assert b"version=0.0.4" in head
        return body.decode()


@pytest.fixture
async def exposed(tmp_path: Path) -> AsyncIterator[Exposed]:
    engine = SmallEngine()
    while engine.step():
        pass
    journal = tmp_path / "journal.db"
    journal.write_bytes(b"x" * 4096)
    metrics = Metrics(cast(Port, engine), journal)
    server = MetricsServer(metrics, ("127.0.0.1", 0))
    await server.start()
    following = asyncio.create_task(metrics.follow())
    await asyncio.sleep(0)
    yield Exposed(engine, metrics, server.sockets[0].getsockname()[1])
    following.cancel()
    await server.stop()


async def test_the_numbers_tell_what_is(exposed: Exposed) -> None:
    await exposed.engine.submit(Deploy("ana", "prod", {"search": "1.1.0"}))
    while exposed.engine.step():
        pass
    async with asyncio.timeout(10):
        while 'interlock_rollouts_total{result="succeeded"} 1.0' not in await exposed.text():
            exposed.engine.step()
    text = await exposed.text()
    for line in (
        'rollouts_total{result="failed"} 0.0',
        'heals_total{result="done"} 0.0',
        'hosts{state="up"} 4.0',
        "journal_size_bytes 4096.0",
        "engine_paused 0.0",
        'waits{reason="WindowClosed"} 0.0',
    ):
        assert f"interlock_{line}\n" in text


async def test_prometheus_finds_nothing_to_complain_of(exposed: Exposed) -> None:
    """What its linter looks at, and that no name of the estate is in it."""
    text = await exposed.text()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    assert kinds
    for name, kind in kinds.items():
        assert name.endswith("_total") == (kind == "counter")
        assert f"# HELP {name} " in text
        assert not re.search(r"_(ms|milliseconds|percent|minutes|kb|count|gauge|counter)(_|$)", name)
    assert not re.search(r"search|ledger|eu-a1|ana", text)


async def test_what_forecasts_were_off_is_told_once_one_was_measured(exposed: Exposed) -> None:
    assert "interlock_forecast_error_ratio{" not in await exposed.text()
    await exposed.engine.submit(Deploy("ana", "prod", {"search": "1.1.0"}))
    state, began = exposed.engine.snapshot.state, datetime(2026, 3, 1, 12, tzinfo=UTC)
    first, second, third, fourth = (began + timedelta(minutes=minutes) for minutes in (1, 2, 3, 4))
    ((number, change),) = state.changes.items()
    told = Foreseen(number, began, start=first, end=second, end_p90=third)
    change = replace(change, promised=told, status=Status.SUCCEEDED, started=second, finished=fourth)
    exposed.engine.snapshot = replace(exposed.engine.snapshot, state=replace(state, changes={number: change}))
    text = await exposed.text()
    assert 'interlock_forecast_error_ratio{of="start"} 0.5\n' in text
    assert 'interlock_forecast_error_ratio{of="end"} 0.5\n' in text


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian's prometheus) is not installed")
async def test_promtool_finds_nothing(exposed: Exposed) -> None:
    text = await exposed.text()
    command = ["promtool", "check", "metrics"]
    checked = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("request_line", "status"),
    [("GET /v1/status", b"404"), ("POST /metrics", b"405"), ("GET /", b"404"), ("GET /metrics?x=1", b"200")],
)
async def test_nothing_else_is_answered(exposed: Exposed, request_line: str, status: bytes) -> None:
    answer = await exposed.ask(f"{request_line} HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 " + status)


async def test_noise_is_cut_off(exposed: Exposed) -> None:
    with suppress(ConnectionResetError):
        assert await exposed.ask(b"x" * 200_000) == b""
    assert "interlock_hosts" in await exposed.text()


async def test_a_taken_address_is_said(exposed: Exposed) -> None:
    with pytest.raises(InterlockError, match=r"cannot be had: .*in use"):
        await MetricsServer(exposed.metrics, ("127.0.0.1", exposed.port)).start()


def test_addresses() -> None:
    assert parse_address("127.0.0.1:9469") == ("127.0.0.1", 9469)
    assert parse_address("[::1]:9469") == ("::1", 9469)
    assert parse_address(":9469") == ("", 9469)
    for wrong in ("9469", "host:", "host:99999", "::1:9469", "http://x:1", ""):
        with pytest.raises(UsageError):
            parse_address(wrong)
