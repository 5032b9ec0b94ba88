"""A believable organization without an engine: 27 services in 10 teams, two environments, hosts in six
zones. What runs there is told by ``story``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

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
        "bad": [],
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
        "digest": "0123456789abcdef",
        "approvals": [],
        "overrides": [],
        "evidence": {},
        "not_before": None,
        "held_by": "",
        "aborted_by": "",
        "rejection": "",
        "expedited": False,
    } | more
