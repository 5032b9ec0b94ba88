"""What the fake engine tells over time: forecasts, a calendar with a window and a freeze, the DORA figures,
findings, a journal, and the board as it was."""

from __future__ import annotations

import copy
from typing import Any

from tests.console.estate import SERVICES, stamp

HOUR = 3600.0


def forecast() -> dict[str, Any]:
    """Change 41 ends in ten minutes, 42 runs after it."""
    leg = {"environment": "prod"}
    return {
        "made": stamp(2),
        "complete": True,
        "changes": [
            {"change": "41", "start": stamp(120), "end": stamp(-600), "end_p90": stamp(-900), "held": ""},
            {"change": "42", "start": stamp(-600), "end": stamp(-1500), "end_p90": stamp(-2400), "held": ""},
        ],
        "legs": [
            leg | {"change": "41", "service": "ledger", "to": "2.5.0", "start": stamp(120), "end": stamp(-240)},
            leg | {"change": "41", "service": "checkout", "to": "1.10.0", "start": stamp(-240), "end": stamp(-600)},
            leg | {"change": "42", "service": "returns", "to": "1.2.0", "start": stamp(-600), "end": stamp(-1500)},
        ],
    }


def calendar() -> dict[str, Any]:
    """Logistics may not deploy from 03:30 to 05:00; payments are frozen from 04:12."""
    window = {
        "policy": "policies.windows.night-shift",
        "kind": "window",
        "reason": "",
        "instances": ["returns@prod", "shipping@prod"],
        "closed": [[stamp(30 * HOUR), stamp(2 * HOUR)], [stamp(-1050), stamp(-6450)]],
    }
    freeze = {
        "policy": "policies.freezes.black-friday",
        "kind": "freeze",
        "reason": "peak",
        "instances": ["checkout@prod", "ledger@prod"],
        "closed": [[stamp(-3600), stamp(-99 * HOUR)]],
    }
    return {"begin": stamp(48 * HOUR), "end": stamp(-48 * HOUR), "policies": [window, freeze]}


def _figures(name: str, team: str, deployments: int, failures: int) -> dict[str, Any]:
    ended = deployments + failures
    return {
        "name": name,
        "team": team,
        "deployments": deployments,
        "per_day": deployments / 30,
        "lead_time_s": 340.0 * deployments if deployments else None,
        "failures": failures,
        "failure_rate": failures / ended if ended else None,
        "restore_s": 95.0 * failures if failures else None,
        "broken": 1 if failures > 2 else 0,
        "daily": [(day * deployments) % 4 for day in range(30)] if deployments else [0] * 30,
    }


def dora(environment: str, days: float) -> dict[str, Any]:
    """Every team with other figures; two without any."""
    teams = sorted({team for team, *_ in SERVICES.values()})
    numbers = {team: (len(team) * 3 % 17, at % 4) for at, team in enumerate(teams)} | {"maps": (0, 0), "risk": (0, 0)}
    return {
        "environment": environment,
        "days": days,
        "begin": stamp(days * 24 * HOUR),
        "end": stamp(0),
        "all": _figures("", "", sum(n for n, _ in numbers.values()), sum(f for _, f in numbers.values())),
        "teams": [_figures(team, team, *numbers[team]) for team in teams],
        "services": [_figures(name, spec[0], at % 5, at % 3) for at, (name, spec) in enumerate(SERVICES.items())],
    }


FINDINGS: list[dict[str, Any]] = [
    {"file": "inventories/acme/payments.yaml", "line": 12, "severity": "warning", "rule": "single-point-of-failure",
     "message": "vault runs in one place only: when vault-1 is lost, ledger and payments are too"},
    {"file": "inventories/acme/policies.yaml", "line": 31, "severity": "error", "rule": "fits-no-window",
     "message": "a rollout of search takes about 42m, and its longest window is 30m: it can never start"},
    {"file": "inventories/acme/shop.yaml", "line": 7, "severity": "warning", "rule": "no-health-check",
     "message": "catalog has no health check: it counts as healthy as soon as it runs"},
]  # fmt: skip


def journal() -> list[dict[str, Any]]:
    """Events 793 to 812, the last just now."""
    told = [
        ("change-accepted", "39", "39", "change 39 accepted from cy: search to 8.2.0 in prod"),
        ("item-status", "39", "search@prod", "search: running"),
        ("move-intended", "39", "search/us-a-03", "search on us-a-03: 8.1.0 -> 8.2.0"),
        ("move-ended", "39", "search/us-a-03", "search on us-a-03: reverted: health answered 500"),
        ("change-status", "39", "39", "change 39 failed"),
        ("host-seen", "", "us-c-02", "us-c-02 does not answer: connection refused"),
        ("change-accepted", "41", "41", "change 41 accepted from ana: ledger to 2.5.0, checkout to 1.10.0 in prod"),
        ("item-status", "41", "ledger@prod", "ledger: running"),
        ("move-ended", "41", "ledger/eu-a-03", "ledger on eu-a-03: done"),
        ("gate-overridden", "41", "41", "ana overrides WindowClosed for change 41 until 07:00: settlement"),
    ]
    return [
        {"seq": 793 + at, "at": stamp(1900 - at * 95), "kind": told[at % 10][0], "change": told[at % 10][1],
         "subject": told[at % 10][2], "message": told[at % 10][3]}
        for at in range(20)
    ]  # fmt: skip


def past(board: dict[str, Any], at: str) -> dict[str, Any]:
    """The board before change 41: ledger runs 2.4.1 everywhere, and nothing waits."""
    seq = int(at) if at.isdigit() else 700
    then = copy.deepcopy(board)
    for row in then["status"]:
        if row["service"] in {"ledger", "checkout", "returns"}:
            version = SERVICES[row["service"]][2]
            row |= {"state": "converged", "desired": version, "target": version, "waits": []}
            row["current"] = {version: len(row["placements"])}
    then["changes"] = [change for change in then["changes"] if change["id"] in {"38", "39"}]
    then["engine"] |= {"now": stamp(3600), "busy": 0, "waiting": 0}
    then["past"] = {"seq": seq, "at": stamp(3600), "first": stamp(86400), "last": board["engine"]["seq"]}
    return then
