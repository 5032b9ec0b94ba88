"""An engine that can be told to go away, to answer rubbish and to refuse; and its client's methods."""

from __future__ import annotations

import copy
import queue
import threading
from collections.abc import Iterator
from typing import Any

from engine.errors import EngineUnreachable, RequestRefused
from tests.console import overtime
from tests.console.estate import SERVICES, stamp, wait
from tests.console.story import make_board, make_graph


class FakeEngine:
    """An engine that can be told to go away, to answer rubbish and to refuse."""

    def __init__(self, board: dict[str, Any] | None = None) -> None:
        self.board: Any = board or make_board()
        self.graph: Any = make_graph()
        self.journal: list[dict[str, Any]] = []
        self.up = True
        self.calendar, self.forecast = overtime.calendar(), overtime.forecast()
        self.findings: list[dict[str, Any]] = overtime.FINDINGS
        self.refusal = ""
        self.action = "interlock cancel 41"  # what would move most
        self.unlifted = ""  # why an override would be refused
        self.chain: list[Any] = []  # what a rollback would have to take back too
        self.outages: list[Any] = []  # what its locksteps would take without a bridge
        self.knots: tuple[list[Any], list[Any]] = ([], [])  # the locksteps and the bridge that a preview shows
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.watchers: list[queue.Queue[dict[str, Any] | None]] = []
        self.lock = threading.Lock()

    def client(self) -> FakeClient:
        return FakeClient(self)

    def say(self, kind: str, subject: str, message: str, **more: Any) -> None:
        """One line of the change stream, to everybody who watches."""
        seq = 0 if kind == "progress" else self.journal[-1]["seq"] + 1 if self.journal else 1
        event = {
            "seq": seq,
            "at": stamp(0),
            "kind": kind,
            "change": "41",
            "subject": subject,
            "message": message,
        } | more
        if seq:
            self.journal.append(event)
        for watcher in list(self.watchers):
            watcher.put(event)

    def go_away(self) -> None:
        self.up = False
        for watcher in list(self.watchers):
            watcher.put(None)

    def come_back(self) -> None:
        self.up = True


class FakeClient:
    """What console.tui.feed needs of engine.api.client.Client."""

    def __init__(self, engine: FakeEngine) -> None:
        self.engine = engine

    def _reach(self) -> None:
        if not self.engine.up:
            raise EngineUnreachable("no engine answers at /tmp/engine.sock")

    def board(self, at: str = "") -> Any:
        self._reach()
        if self.engine.refusal and at:
            raise RequestRefused(self.engine.refusal)
        return overtime.past(self.engine.board, at) if at else copy.deepcopy(self.engine.board)

    def calendar(self, begin: str = "", end: str = "", environment: str = "") -> Any:
        self._reach()
        return copy.deepcopy(self.engine.calendar)

    def forecast(self) -> Any:
        self._reach()
        return copy.deepcopy(self.engine.forecast)

    def dora(self, environment: str = "", days: float = 30.0) -> Any:
        self._reach()
        return overtime.dora(environment, days)

    def findings(self) -> Any:
        self._reach()
        return copy.deepcopy(self.engine.findings)

    def graph(self) -> Any:
        self._reach()
        return copy.deepcopy(self.engine.graph)

    def why(self, subject: str) -> Any:
        self._reach()
        waits = [w for row in self.engine.board["status"] for w in row["waits"]]
        return {
            "subject": subject,
            "answer": "checkout waits because ledger, which it needs, is being rolled out.",
            "waits": waits[:1],
            "chain": [{"depth": 0, "wait": held} for held in waits[:1]],
            "action": self.engine.action,
        }

    def plan(self, request: Any, *, times: bool = False) -> Any:
        return self.post("/v1/plan", request)

    def deploy(self, request: Any) -> Any:
        return self.post("/v1/changes", request)

    def history(self, change: str = "", limit: int = 100, before: int = 0) -> Any:
        self._reach()
        found = [event for event in self.engine.journal if not before or event["seq"] < before]
        return copy.deepcopy(found[-limit:])

    def post(self, path: str, body: dict[str, Any]) -> Any:
        self._reach()
        if self.engine.refusal:
            raise RequestRefused(self.engine.refusal)
        if path == "/v1/rollback/plan":
            name = str(body["subject"]).partition("@")[0]
            step = {
                "order": 1,
                "service": name,
                "from": "2.0.0",
                "to": "1.9.0",
                "after": [],
                "start": None,
                "end": None,
            }
            return {**self._plan({"services": {}}), "steps": [step], "chain": self.engine.chain}
        if path == "/v1/touch":
            return self._touched(body)
        if path == "/v1/override/plan":
            return self._loosed(body)
        with self.engine.lock:
            self.engine.posts.append((path, body))
        if path == "/v1/plan":
            return self._plan(body)
        return {"change": "43", "message": "change 43 is queued"}

    def _plan(self, body: dict[str, Any]) -> Any:
        names = sorted(body["services"], key=lambda s: SERVICES[s][1] if s in SERVICES else 99)
        known = [name for name in names if name in SERVICES]
        refused = ""
        for name in names:
            if name not in SERVICES:
                refused = f"no service is called {name}"
            elif body["services"][name].startswith("99"):
                refused = f"{name} has no artifact {body['services'][name]}"
        steps = [
            {
                "order": order,
                "service": name,
                "from": SERVICES[name][2],
                "to": body["services"][name],
                "after": known[:order],
                "start": None,
                "end": None,
            }
            for order, name in enumerate(known)
        ]
        touches = sorted({o for n in known for o, spec in SERVICES.items() if n in spec[3]} - set(known))
        waits = [wait("DependencyBusy", f"{n}@prod", "ledger is being rolled out (change 41)") for n in known[:1]]
        return {"steps": steps, "waits": waits, "lockstep": self.engine.knots[0], "bridge": self.engine.knots[1],
                "chain": [], "outage": self.engine.outages,
                "refused": refused, "touches": touches}  # fmt: skip

    def _touched(self, body: dict[str, Any]) -> Any:
        return {
            "message": f"{body['verb']} of {body['subject']}",
            "refused": self.engine.unlifted,
            "placements": [f"{name}@prod/{body['subject']}" for name in list(SERVICES)[:10]],
            "gives_up": ["the step of ledger there"],
            "lets_go": [{"change": "41", "service": "ledger", "state": "failed"}],
            "waits": [wait("BlastRadius", body["subject"], "prod may lose no more")],
        }

    def _loosed(self, body: dict[str, Any]) -> Any:
        change = next(change for change in self.engine.board["changes"] if change["id"] == body["subject"])
        return {
            "lifts": [held for held in change["waits"] if held["reason"] == body["gate"]],
            "starts": [{"change": change["id"], "service": change["items"][0]["service"], "to": "1.2.0"}],
            "still": [held for held in change["waits"] if held["reason"] != body["gate"]],
            "until": stamp(-body.get("for_s", 14400)),
            "refused": self.engine.unlifted,
        }

    def watch(self) -> FakeStream:
        self._reach()
        return FakeStream(self.engine)


class FakeStream:
    """The change stream: subscribed at once, ended from any thread."""

    def __init__(self, engine: FakeEngine) -> None:
        self.engine = engine
        self.mine: queue.Queue[dict[str, Any] | None] = queue.Queue()
        engine.watchers.append(self.mine)

    def __iter__(self) -> Iterator[Any]:
        try:
            while (event := self.mine.get()) is not None:
                yield event
        finally:
            self.engine.watchers.remove(self.mine)
        raise EngineUnreachable("the engine closed the stream")

    def close(self) -> None:
        self.mine.put(None)
