"""A believable engine without an engine: 27 services in 10 teams, two environments, hosts in six zones,
one rollout under way, one that waits, one that failed; served by an object with the client's methods.

``python -m tests.console.fake_board`` opens the console on it, to be looked at.
"""

from __future__ import annotations

import copy
import itertools
import queue
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.errors import EngineUnreachable, RequestRefused

NOW = datetime(2026, 11, 24, 3, 12, 30, tzinfo=UTC)

# service: (team, layer, current, newest, needs)
SERVICES: dict[str, tuple[str, int, str, list[str]]] = {
    "config": ("platform", 0, "4.2.0", []),
    "identity": ("security", 0, "7.1.3", []),
    "events": ("data", 0, "2.8.0", []),
    "vault": ("security", 0, "1.14.2", []),
    "geo": ("maps", 0, "3.0.1", []),
    "ledger": ("payments", 1, "2.4.1", ["config", "events", "vault"]),
    "accounts": ("identity", 1, "5.2.0", ["identity", "config"]),
    "catalog": ("shop", 1, "6.3.2", ["config", "events"]),
    "media": ("content", 1, "1.9.4", ["config"]),
    "features": ("platform", 1, "0.18.0", ["config", "identity"]),
    "pricing": ("shop", 2, "3.7.0", ["catalog", "features", "config"]),
    "inventory": ("logistics", 2, "2.2.5", ["catalog", "events"]),
    "fraud": ("risk", 2, "4.0.0", ["ledger", "accounts", "geo"]),
    "profiles": ("identity", 2, "1.6.1", ["accounts", "media"]),
    "search": ("shop", 2, "8.1.0", ["catalog", "events", "features"]),
    "payments": ("payments", 3, "3.3.0", ["ledger", "fraud", "vault"]),
    "shipping": ("logistics", 3, "2.0.9", ["inventory", "geo", "config"]),
    "basket": ("shop", 3, "1.12.0", ["pricing", "inventory", "profiles"]),
    "recommend": ("data", 3, "0.9.7", ["search", "profiles", "events"]),
    "reviews": ("content", 3, "1.3.3", ["profiles", "catalog"]),
    "checkout": ("payments", 4, "1.9.2", ["payments", "basket", "shipping", "ledger"]),
    "returns": ("logistics", 4, "1.1.0", ["shipping", "payments"]),
    "notify": ("content", 4, "2.5.0", ["profiles", "events", "basket"]),
    "storefront": ("web", 5, "11.4.0", ["checkout", "search", "recommend", "reviews"]),
    "backoffice": ("web", 5, "4.4.1", ["returns", "checkout", "accounts"]),
    "mobile-api": ("web", 5, "9.0.2", ["checkout", "notify", "search", "identity"]),
    "edge": ("platform", 6, "2.1.0", ["storefront", "mobile-api", "backoffice", "identity"]),
}
ZONES = ["eu-a", "eu-b", "eu-c", "us-a", "us-b", "us-c"]


def stamp(seconds_ago: float) -> str:
    return (NOW - timedelta(seconds=seconds_ago)).isoformat().replace("+00:00", "Z")


def bump(version: str) -> str:
    first, second, *_ = version.split(".")
    return f"{first}.{int(second) + 1}.0"


def hosts_of(service: str, environment: str) -> list[tuple[str, str]]:
    """(host, domain) of each placement."""
    number = list(SERVICES).index(service)
    if environment == "staging":
        return [(f"stg-{number % 4 + 1:02d}", ZONES[number % 3])]
    count = 4 if service in {"checkout", "ledger", "edge"} else 2
    return [(f"{ZONES[(number + i) % 6]}-{number % 3 + 1:02d}", ZONES[(number + i) % 6]) for i in range(count)]


def wait(reason: str, subject: str, message: str, change: str = "", **more: Any) -> dict[str, Any]:
    return {
        "gate": "dependency",
        "reason": reason,
        "subject": subject,
        "change": change,
        "message": message,
        "since": stamp(252),
        "until": None,
        "owner": "payments",
        "unblock": "",
    } | more


def status_row(service: str, environment: str) -> dict[str, Any]:
    team, _, version, _ = SERVICES[service]
    return {
        "service": service,
        "environment": environment,
        "team": team,
        "current": {version: len(hosts_of(service, environment))},
        "target": version,
        "desired": version,
        "state": "converged",
        "placements": [
            {
                "host": host,
                "domain": domain,
                "version": version,
                "state": "running",
                "health": "passing",
                "detail": "",
                "unreachable": False,
            }
            for host, domain in hosts_of(service, environment)
        ],
        "waits": [],
    }


def move(host: str, domain: str, origin: str, goal: str, state: str, phase: str = "", **more: Any) -> dict[str, Any]:
    return {
        "host": host,
        "domain": domain,
        "origin": origin,
        "goal": goal,
        "state": state,
        "phase": phase,
        "attempt": 1,
        "started": stamp(74),
        "finished": None if state == "moving" else stamp(40),
        "detail": "",
        "log": [],
    } | more


def item(service: str, origin: str, goal: str, state: str, done: int, total: int, **more: Any) -> dict[str, Any]:
    return {
        "service": service,
        "from": origin,
        "to": goal,
        "state": state,
        "done": done,
        "total": total,
        "failure": "",
        "moves": [],
    } | more


def change(number: str, state: str, items: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "environment": "prod",
        "kind": "deploy",
        "items": items,
        "state": state,
        "requested_by": "ana",
        "reason": "",
        "on_failure": "hold",
        "created": stamp(300),
        "started": None,
        "finished": None,
        "failure": "",
        "waits": [],
        "forecast": {"start": None, "end": None, "end_p90": None},
    } | more


def _story(rows: dict[tuple[str, str], dict[str, Any]]) -> list[dict[str, Any]]:
    """Puts one rollout, one wait, one failure and one drift on the rows; returns the changes."""
    ledger = rows["ledger", "prod"]
    places = ledger["placements"]
    ledger |= {"desired": "2.5.0", "target": "2.5.0", "state": "rolling", "current": {"2.5.0": 2, "2.4.1": 2}}
    places[0] |= {"version": "2.5.0"}
    places[1] |= {"version": "2.5.0"}
    places[2] |= {"state": "switching", "health": "unknown"}
    held = wait(
        "DependencyBusy",
        "checkout@prod",
        "ledger, which checkout needs, is being rolled out (change 41)",
        "41",
        unblock="wait for change 41, or cancel it",
    )
    rows["checkout", "prod"] |= {"desired": "1.10.0", "state": "waiting", "waits": [held]}
    rows["fraud", "prod"] |= {"state": "degraded"}
    rows["fraud", "prod"]["placements"][1] |= {"health": "failing", "detail": "http 503 from /healthz"}
    rows["media", "prod"] |= {"state": "drifted", "current": {"1.9.4": 1, "1.9.3": 1}}
    rows["media", "prod"]["placements"][1] |= {"version": "1.9.3"}
    rows["search", "prod"] |= {"desired": "8.2.0", "state": "failed"}
    rows["returns", "prod"] |= {"desired": "1.2.0", "state": "waiting", "waits": [held | {"subject": "returns@prod"}]}
    rows["geo", "prod"]["placements"][1] |= {"unreachable": True, "health": "unknown", "state": "unknown"}
    rows["geo", "prod"] |= {"state": "unknown"}
    moves = [
        move(places[0]["host"], places[0]["domain"], "2.4.1", "2.5.0", "done"),
        move(places[1]["host"], places[1]["domain"], "2.4.1", "2.5.0", "done"),
        move(
            places[2]["host"],
            places[2]["domain"],
            "2.4.1",
            "2.5.0",
            "moving",
            "switching",
            log=["stage: have 2.5.0", "switch: current -> releases/2.5.0", "health: waiting for 3 passes"],
        ),
    ]
    failed = item("search", "8.1.0", "8.2.0", "failed", 0, 2)
    failed |= {
        "failure": "us-b-03: health check http /healthz answered 500; last log line: index schema 12 not found",
        "moves": [
            move(
                "us-b-03",
                "us-b",
                "8.1.0",
                "8.2.0",
                "reverted",
                detail="http 500",
                log=["loading index", "index schema 12 not found"],
            )
        ],
    }
    return [
        change(
            "41",
            "running",
            [
                item("ledger", "2.4.1", "2.5.0", "running", 2, 4, moves=moves),
                item("checkout", "1.9.2", "1.10.0", "waiting", 0, 4),
            ],
            reason="faster settlement",
            started=stamp(120),
            waits=[held],
        ),
        change(
            "42",
            "waiting",
            [item("returns", "1.1.0", "1.2.0", "waiting", 0, 2)],
            requested_by="bo",
            created=stamp(252),
            waits=[
                held
                | {
                    "change": "42",
                    "subject": "returns@prod",
                    "message": "payments, which returns needs, is joined to change 41",
                }
            ],
        ),
        change(
            "39",
            "failed",
            [failed],
            requested_by="cy",
            started=stamp(1900),
            finished=stamp(1840),
            failure="search: us-b-03: health check http /healthz answered 500",
        ),
        change(
            "38",
            "succeeded",
            [item("edge", "2.0.0", "2.1.0", "succeeded", 4, 4)],
            started=stamp(5000),
            finished=stamp(4700),
        ),
    ]


def make_board(*, calm: bool = False) -> dict[str, Any]:
    """The board; ``calm`` without any change or trouble."""
    rows = {(s, e): status_row(s, e) for e in ("staging", "prod") for s in SERVICES}
    changes = [] if calm else _story(rows)
    hosts: dict[str, dict[str, Any]] = {}
    for (service, environment), row in rows.items():
        for place in row["placements"]:
            number = len(hosts)
            host = hosts.setdefault(
                place["host"],
                {
                    "host": place["host"],
                    "environment": environment,
                    "domain": place["domain"],
                    "address": f"127.0.2.{number + 1}",
                    "state": "up",
                    "latency_ms": 3.0 + number % 9,
                    "fenced": True,
                    "reason": "",
                    "placements": [],
                },
            )
            host["placements"].append(f"{service}@{environment}/{place['host']}")
            if place["unreachable"]:
                host |= {"state": "unreachable", "reason": "connection refused", "latency_ms": None}
    engine = {
        "organization": "acme",
        "version": "0.1.0",
        "engine": "e1",
        "epoch": 3,
        "pid": 4711,
        "started": stamp(86400),
        "now": stamp(0),
        "inventory": "inventories/acme",
        "paused_by": "",
        "draining": False,
        "lag_ms": 2.0,
        "busy": 0 if calm else 1,
        "waiting": 0 if calm else 2,
        "seq": 812,
        "you": "ana",
    }
    return {"engine": engine, "status": list(rows.values()), "changes": changes, "hosts": sorted_hosts(hosts)}


def sorted_hosts(hosts: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(hosts.values(), key=lambda host: (host["environment"], host["domain"], host["host"]))


def make_graph() -> dict[str, Any]:
    """The graph of the 27 services."""
    services = []
    for name, (team, layer, version, needs) in SERVICES.items():
        services.append(
            {
                "service": name,
                "team": team,
                "labels": {"tier": str(layer)},
                "needs": [{"provider": p, "version": f">={SERVICES[p][2]}", "when": ""} for p in needs],
                "needed_by": [other for other, spec in SERVICES.items() if name in spec[3]],
                "layer": layer,
                "environments": ["staging", "prod"],
                "versions": [bump(bump(version)), bump(version), version],
            }
        )
    return {"organization": "acme", "environments": ["staging", "prod"], "services": services}


class FakeEngine:
    """An engine that can be told to go away, to answer rubbish and to refuse."""

    def __init__(self, board: dict[str, Any] | None = None) -> None:
        self.board: Any = board or make_board()
        self.graph: Any = make_graph()
        self.up = True
        self.refusal = ""
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.watchers: list[queue.Queue[dict[str, Any] | None]] = []
        self.lock = threading.Lock()

    def client(self) -> FakeClient:
        return FakeClient(self)

    def say(self, kind: str, subject: str, message: str, **more: Any) -> None:
        """One line of the change stream, to everybody who watches."""
        event = {"seq": 813, "at": stamp(0), "kind": kind, "change": "41", "subject": subject, "message": message}
        for watcher in list(self.watchers):
            watcher.put(event | more)

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

    def board(self) -> Any:
        self._reach()
        return copy.deepcopy(self.engine.board)

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
            "action": "interlock cancel 41",
        }

    def plan(self, request: Any) -> Any:
        return self.post("/v1/plan", request)

    def deploy(self, request: Any) -> Any:
        return self.post("/v1/changes", request)

    def logs(self, change: str) -> Any:
        self._reach()
        return []

    def post(self, path: str, body: dict[str, Any]) -> Any:
        self._reach()
        if self.engine.refusal:
            raise RequestRefused(self.engine.refusal)
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
        return {"steps": steps, "waits": waits, "lockstep": [], "bridge": [], "refused": refused, "touches": touches}

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


def _play(engine: FakeEngine, stop: threading.Event) -> None:
    """Lets the rollout of the board go round for ever, so that there is something to look at."""
    for tick in itertools.count():
        if stop.wait(0.5):
            return
        row = next(r for r in engine.board["status"] if r["service"] == "ledger" and r["environment"] == "prod")
        phase = ["staging", "switching", "confirming", "running"][tick % 4]
        row["placements"][2]["state"] = phase
        engine.board["changes"][0]["items"][0]["moves"][2]["phase"] = phase
        engine.say("progress", "ledger@prod/x", f"{phase} 2.5.0", log=[f"{phase}: line {tick}"])


def main() -> None:
    """Opens the console on a fake engine with the real clock."""
    import sys

    from console.tui.app import Console

    engine = FakeEngine(make_board(calm="--calm" in sys.argv))
    stop = threading.Event()
    if "--play" in sys.argv:
        threading.Thread(target=_play, args=(engine, stop), daemon=True).start()
    Console(engine.client, read_only="--read-only" in sys.argv).run()
    stop.set()


if __name__ == "__main__":
    main()
