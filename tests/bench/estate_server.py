"""``python -m tests.bench.estate_server SOCKET SERVICES UPDATES``: answers like an engine, from a process of its
own as a real one does, for a made-up estate of so many services of which so many change a second. It is
for measuring the console alone: planning costs nothing here, parsing what it says costs what it always does.
"""

from __future__ import annotations

import copy
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any
from urllib.parse import urlsplit

from tests.console import overtime
from tests.console.estate import SERVICES
from tests.console.story import make_board, make_graph

PHASES = ("staging", "switching", "confirming", "running")


class Estate:
    """The board of copies of the sample's services, and what changes in it. ``text`` is what it says now."""

    def __init__(self, services: int) -> None:
        board, graph = make_board(calm=services > len(SERVICES)), make_graph()
        rows = {row["service"]: row for row in board["status"] if row["environment"] == "prod"}
        nodes = {node["service"]: node for node in graph["services"]}
        self.rows: list[dict[str, Any]] = []
        self.nodes: list[dict[str, Any]] = []
        for at in range(services):
            self._add(list(nodes)[at % len(nodes)], at // len(nodes), rows, nodes)
        self._texts = [json.dumps(row) for row in self.rows]
        self._rest = board
        self._turn = 0
        self._lock = threading.Lock()
        self.graph = json.dumps(graph | {"environments": ["prod"], "services": self.nodes}).encode()

    def _add(self, name: str, number: int, rows: dict[str, Any], nodes: dict[str, Any]) -> None:
        mark = f"-{number}" if number else ""
        node, row = copy.deepcopy(nodes[name]), copy.deepcopy(rows[name])
        node |= {"service": f"{name}{mark}", "environments": ["prod"]}
        node["needs"] = [need | {"provider": f"{need['provider']}{mark}"} for need in node["needs"]]
        node["needed_by"] = [f"{other}{mark}" for other in node["needed_by"]]
        self.nodes.append(node)
        self.rows.append(row | {"service": f"{name}{mark}"})

    def change(self) -> dict[str, Any]:
        """One placement enters its next phase; the event that says so."""
        with self._lock:
            self._turn += 1
            at = self._turn % len(self.rows)
            row, phase = self.rows[at], PHASES[self._turn // len(self.rows) % len(PHASES)]
            row["placements"][0]["state"] = phase
            row["state"] = "converged" if phase == "running" else "rolling"
            self._texts[at] = json.dumps(row)
        subject = f"{row['service']}@prod/{row['placements'][0]['host']}"
        return {"seq": 0, "at": "2026-11-24T03:12:30Z", "kind": "progress", "change": "41", "subject": subject,
                "message": phase}  # fmt: skip

    @property
    def board(self) -> bytes:
        """The board as it is now."""
        with self._lock:
            rows = ",".join(self._texts)
        rest = json.dumps({**self._rest, "status": "ROWS"})
        return rest.replace('"ROWS"', f"[{rows}]").encode()


class Handler(BaseHTTPRequestHandler):
    """Answers what the console asks for."""

    protocol_version = "HTTP/1.1"
    server: Server

    def address_string(self) -> str:
        """A Unix socket has none."""
        return "console"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""

    def do_GET(self) -> None:
        """One answer, or the stream."""
        path = urlsplit(self.path).path
        estate = self.server.estate
        if path == "/v1/watch":
            self._stream()
            return
        answers: dict[str, Any] = {"/v1/history": [], "/v1/calendar": overtime.calendar()}
        data = estate.board if path == "/v1/board" else estate.graph if path == "/v1/graph" else None
        if data is None:
            data = json.dumps(answers.get(path, [])).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Connection", "close")
        self.end_headers()
        begun, told = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - begun) * self.server.updates)
            lines = [json.dumps(self.server.estate.change()) + "\n" for _ in range(due - told)]
            told = due
            try:
                self.wfile.write("".join(lines).encode())
                self.wfile.flush()
            except OSError:
                return
            time.sleep(min(0.02, 1 / self.server.updates) if self.server.updates else 1.0)


class Server(ThreadingMixIn, UnixStreamServer):
    """A thread for each connection."""

    daemon_threads = True
    request_queue_size = 16

    def __init__(self, address: str, estate: Estate, updates: float) -> None:
        self.estate = estate
        self.updates = updates
        super().__init__(address, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A console that is gone is no error."""


def main() -> None:
    """Serves until it is killed."""
    address, services, updates = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    Path(address).unlink(missing_ok=True)
    Server(address, Estate(services), updates).serve_forever(0.5)


if __name__ == "__main__":
    main()
