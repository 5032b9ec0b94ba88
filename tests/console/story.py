"""The board at ten past three: one rollout under way, changes that wait, one that failed, a drift, an
unhealthy placement and a host that does not answer; or, calm, nothing of all that."""

from __future__ import annotations

from typing import Any

from tests.console.estate import SERVICES, bump, change, item, move, stamp, status_row, wait

HELD = wait(
    "DependencyBusy",
    "checkout@prod",
    "ledger, which checkout needs, is being rolled out (change 41)",
    "41",
    unblock="wait for change 41, or cancel it",
)
Rows = dict[tuple[str, str], dict[str, Any]]


def _story(rows: Rows) -> list[dict[str, Any]]:
    """Puts it all on the rows; returns the changes."""
    _trouble(rows)
    return [_rollout(rows), _waiting(), _failed(), _done()]


def _trouble(rows: Rows) -> None:
    rows["checkout", "prod"] |= {"desired": "1.10.0", "state": "waiting", "waits": [HELD]}
    rows["returns", "prod"] |= {"desired": "1.2.0", "state": "waiting", "waits": [HELD | {"subject": "returns@prod"}]}
    rows["fraud", "prod"] |= {"state": "degraded"}
    rows["fraud", "prod"]["placements"][1] |= {"health": "failing", "detail": "http 503 from /healthz"}
    rows["media", "prod"] |= {"state": "drifted", "current": {"1.9.4": 1, "1.9.3": 1}}
    rows["media", "prod"]["placements"][1] |= {"version": "1.9.3"}
    rows["search", "prod"] |= {"desired": "8.2.0", "state": "failed"}
    rows["geo", "prod"]["placements"][1] |= {"unreachable": True, "health": "unknown", "state": "unknown"}
    rows["geo", "prod"] |= {"state": "unknown"}


def _rollout(rows: Rows) -> dict[str, Any]:
    ledger = rows["ledger", "prod"]
    places = ledger["placements"]
    ledger |= {"desired": "2.5.0", "target": "2.5.0", "state": "rolling", "current": {"2.5.0": 2, "2.4.1": 2}}
    places[0] |= {"version": "2.5.0"}
    places[1] |= {"version": "2.5.0"}
    places[2] |= {"state": "switching", "health": "unknown"}
    wrote = ["stage: have 2.5.0", "switch: current -> releases/2.5.0", "health: waiting for 3 passes"]
    ends = [("done", "", []), ("done", "", []), ("moving", "switching", wrote)]
    moves = [
        move(place["host"], place["domain"], "2.4.1", "2.5.0", state, phase, log=log)
        for place, (state, phase, log) in zip(places, ends, strict=False)
    ]
    items = [
        item("ledger", "2.4.1", "2.5.0", "running", 2, 4, moves=moves, course=_course(places)),
        item("checkout", "1.9.2", "1.10.0", "waiting", 0, 4),
    ]
    return change(
        "41",
        "running",
        items,
        reason="faster settlement",
        started=stamp(120),
        waits=[HELD],
        forecast=foreseen(-95, -310, -372),
    )


def _course(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A canary that has baked, then two at a time, of which one moves."""
    first, second, third, last = [place["host"] for place in places]
    rest = {"promoted_by_hand": False, "bake_s": 0.0, "baked_s": 0.0}
    canary = rest | {"promoted_by_hand": True, "bake_s": 300.0, "baked_s": 300.0}
    batches = [("done", [second]), ("now", [third]), ("next", [last])]
    return [
        canary | {"name": "canary", "state": "done", "done": 1, "total": 1,
                  "batches": [{"state": "done", "hosts": [first]}]},
        rest | {"name": "all", "state": "moving", "done": 1, "total": 3,
                "batches": [{"state": state, "hosts": hosts} for state, hosts in batches]},
    ]  # fmt: skip


def foreseen(start: float, end: float, late: float) -> dict[str, Any]:
    """A forecast, in seconds ago."""
    return {"start": stamp(start), "end": stamp(end), "end_p90": stamp(late)}


def _waiting() -> dict[str, Any]:
    said = "payments, which returns needs, is joined to change 41"
    return change(
        "42",
        "waiting",
        [item("returns", "1.1.0", "1.2.0", "waiting", 0, 2)],
        requested_by="bo",
        created=stamp(252),
        forecast=foreseen(-310, -1130, -1390),
        waits=[HELD | {"change": "42", "subject": "returns@prod", "message": said}],
    )


def _failed() -> dict[str, Any]:
    wrote = ["loading index", "index schema 12 not found"]
    moves = [move("us-a-03", "us-a", "8.1.0", "8.2.0", "reverted", detail="http 500", log=wrote)]
    said = "us-a-03: health check http /healthz answered 500; last log line: index schema 12 not found"
    return change(
        "39",
        "failed",
        [item("search", "8.1.0", "8.2.0", "failed", 0, 2, failure=said, moves=moves)],
        requested_by="cy",
        started=stamp(1900),
        finished=stamp(1840),
        failure="search: us-a-03: health check http /healthz answered 500",
    )


def _done() -> dict[str, Any]:
    items = [item("edge", "2.0.0", "2.1.0", "succeeded", 4, 4)]
    return change("38", "succeeded", items, started=stamp(5000), finished=stamp(4700))


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
        "roles": ["admin"],
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
                "bad": {},
            }
        )
    return {"organization": "acme", "environments": ["staging", "prod"], "services": services}
