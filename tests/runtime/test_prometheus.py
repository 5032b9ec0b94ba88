"""A real Prometheus beside a real engine: it scrapes the engine's numbers, and an alarm of the
inventory asks the same server whether a rollout may begin.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.runtime.fleets import quick_fleet
from tests.runtime.running import EngineProcess, eventually

PROMETHEUS = shutil.which("prometheus")
CONFIGURATION = """\
global: {{scrape_interval: 300ms, scrape_timeout: 300ms}}
scrape_configs:
  - {{job_name: interlock, static_configs: [{{targets: ["127.0.0.1:{engine}"]}}]}}
  - {{job_name: shop, static_configs: [{{targets: ["127.0.0.1:{shop}"]}}]}}
"""
# What product and operations promise to measure.
MEASURED = {
    "interlock_rollouts_total",
    "interlock_waits",
    "interlock_placements_drifted",
    "interlock_host_latency_seconds",
    "interlock_loop_lag_seconds",
}


class Shop(ThreadingHTTPServer):
    """Something with a number of its own that people have an alarm on."""

    def __init__(self) -> None:
        self.failing = 1
        super().__init__(("127.0.0.1", 0), _Numbers)


class _Numbers(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(f"shop_orders_failing {self.server.failing}\n".encode())

    def log_message(self, *_: object) -> None:
        pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Prometheus:
    """A server of one's own that scrapes the engine and the shop."""

    def __init__(self, folder: Path, program: str, *, engine: int, shop: int) -> None:
        folder.mkdir()
        (folder / "prometheus.yml").write_text(CONFIGURATION.format(engine=engine, shop=shop))
        self.url = f"http://127.0.0.1:{free_port()}"
        listen = f"--web.listen-address={self.url.removeprefix('http://')}"
        command = [program, "--config.file=prometheus.yml", "--storage.tsdb.path=data", listen]
        with (folder / "log").open("wb") as log:
            self.child = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def asked(self, query: str) -> list[dict[str, Any]]:
        """The samples of this moment; none while it does not answer yet."""
        address = f"{self.url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return list(json.load(answer)["data"]["result"])
        except OSError:
            return []

    async def until(self, query: str) -> list[dict[str, Any]]:
        """Wait for samples."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            found[:] = await asyncio.to_thread(self.asked, query)
            return bool(found)

        await eventually(there, 40, lambda: f"nothing for {query}")
        return found


@pytest.fixture
def shop() -> Iterator[Shop]:
    server = Shop()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not installed")
async def test_prometheus_scrapes_the_engine_and_an_alarm_asks_it_back(tmp_path: Path, shop: Shop) -> None:
    numbers = free_port()
    prometheus = Prometheus(tmp_path / "prometheus", str(PROMETHEUS), engine=numbers, shop=shop.server_port)
    try:
        async with quick_fleet(tmp_path / "fleet", services=1, hosts=3) as fleet:
            alarm = {"prometheus": prometheus.url, "query": "shop_orders_failing > 0", "interval": "300ms"}
            policies = fleet.inventory / "organization.yaml"
            text = policies.read_text()
            assert "\npolicies:\n" in text
            policies.write_text(text.replace("policies:\n", f"policies:\n  alarms: {json.dumps({'orders': alarm})}\n"))
            await prometheus.until("shop_orders_failing > 0")
            engine = await EngineProcess(fleet.inventory, fleet.state, "--metrics", f"127.0.0.1:{numbers}").ready()
            body = {"environment": "prod", "services": {"config": "1.9.0"}}
            change = str((await engine.post("/v1/changes", body))["change"])
            await prometheus.until('interlock_waits{reason="AlarmFiring"} > 0')
            shop.failing = 0
            await prometheus.until('interlock_rollouts_total{result="succeeded"} == 1')
            assert (await engine.get(f"/v1/changes/{change}"))["state"] == "succeeded"  # type: ignore[index]
            (up,) = await prometheus.until('up{job="interlock"}')
            assert up["value"][1] == "1"
            named = await prometheus.until('count by (__name__) ({__name__=~"interlock_.+"})')
            assert {each["metric"]["__name__"] for each in named} >= MEASURED
            await engine.terminate()
    finally:
        prometheus.child.terminate()
        await asyncio.to_thread(prometheus.child.wait, 20)
