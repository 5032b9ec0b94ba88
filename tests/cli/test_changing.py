"""The commands that ask for something: what they queue, what they print, how they end."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from console.cli.following import finish, follow
from console.cli.session import Session
from engine.api.client import Client
from engine.model.change import Status
from tests.api.served import Served
from tests.cli.conftest import Interlock


def test_plan_changes_nothing_and_puts_the_provider_first(engine: Served, interlock: Interlock) -> None:
    ran = interlock("plan", "checkout=1.1.0", "ledger=1.1.0", "-e", "prod", "-o", "json")
    assert ran.code == 0
    assert [
        (step["order"], step["service"], step["from"], step["to"], step["after"], step["rather_after"])
        for step in ran.data["steps"]
    ] == [
        (1, "ledger", "1.0.0", "1.1.0", [], []),
        (2, "checkout", "1.0.0", "1.1.0", [], ["ledger"]),
    ]
    assert (ran.data["waits"], ran.data["lockstep"], ran.data["bridge"]) == ([], [], [])
    assert engine.engine.snapshot.state.changes == {}
    assert "ledger    1.0.0 -> 1.1.0" in interlock("plan", "checkout=1.1.0", "ledger=1.1.0", "-e", "prod").out


def test_plan_of_what_deploy_would_refuse_exits_1(engine: Served, interlock: Interlock) -> None:
    for verb in ("plan", "deploy"):
        ran = interlock(verb, "ledger=9.9.9", "-e", "prod")
        assert (ran.code, ran.out) == (1, "")
        assert "2.0.0" in ran.err


def test_deploy_prints_the_id_and_says_the_order(still: Served, interlock: Interlock) -> None:
    ran = interlock("deploy", "checkout=1.1.0", "ledger=1.1.0", "-e", "prod", "--reason", "tuesday")
    assert (ran.code, ran.out) == (0, "1\n")
    assert "order: ledger 1.0.0 -> 1.1.0, then checkout 1.0.0 -> 1.1.0" in ran.err
    assert interlock("deploy", "search=1.1.0", "-e", "prod", "-o", "json").data == {"change": "2"}
    change = still.engine.snapshot.state.changes["1"]
    assert (change.reason, change.on_failure.value) == ("tuesday", "hold")
    assert change.requested_by == interlock("show", "1", "-o", "json").data["requested_by"]


def test_deploy_without_an_environment_names_the_choices(engine: Served, interlock: Interlock) -> None:
    ran = interlock("deploy", "ledger=1.1.0")
    assert ran.code == 2
    assert "staging" in ran.err
    assert "prod" in ran.err


@pytest.mark.parametrize(
    "pair", ["ledger", "ledger=", "=1.0", "ledger==", "--", "ledger=a b", "ledger=$(id)", "ledger=../x"]
)
def test_a_malformed_assignment_is_a_usage_error(engine: Served, interlock: Interlock, pair: str) -> None:
    ran = interlock("deploy", pair, "-e", "prod")
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err
    assert engine.engine.snapshot.state.changes == {}


def test_a_service_named_twice_is_refused(engine: Served, interlock: Interlock) -> None:
    assert interlock("deploy", "ledger=1.1.0", "ledger=2.0.0", "-e", "prod").code == 2


def test_deploy_wait_follows_it_to_its_end(engine: Served, interlock: Interlock) -> None:
    ran = interlock("deploy", "checkout=1.1.0", "ledger=1.1.0", "-e", "prod", "--wait", "-o", "json")
    assert ran.code == 0
    assert (ran.data["state"], ran.data["id"]) == ("succeeded", "1")
    starts = {item["service"]: [move["started"] for move in item["moves"]] for item in ran.data["items"]}
    assert max(starts["ledger"]) < min(starts["checkout"])
    assert "succeeded" in ran.err
    status = interlock("status", "checkout@prod", "-o", "json").data[0]
    assert (status["current"], status["state"]) == ({"1.1.0": 2}, "converged")


def test_what_a_newer_change_took_is_told_when_the_older_is_done(
    engine: Served, interlock: Interlock, capfd: pytest.CaptureFixture[str]
) -> None:
    engine.engine.rolling = False
    interlock("deploy", "search=1.1.0", "checkout=1.1.0", "-e", "prod")
    interlock("deploy", "checkout=2.0.0", "-e", "prod")
    engine.engine.rolling = True
    older = follow(engine_client(engine), "1", 20)
    capfd.readouterr()
    finish(Session(), older, 20)
    assert "change 1 succeeded; superseded by a newer change, and not moved by this one: checkout" in (
        capfd.readouterr().err
    )
    taken = next(item for item in older["items"] if item["service"] == "checkout")
    assert (taken["state"], taken["from"]) == ("superseded", "1.0.0"), "not what the newer change has made of it"


def engine_client(engine: Served) -> Client:
    return Client(engine.address)


def test_an_environment_after_the_service_is_told_where_it_goes(engine: Served, interlock: Interlock) -> None:
    ran = interlock("deploy", "ledger@prod=1.1.0")
    assert (ran.code, ran.out) == (2, "")
    assert "ledger=1.1.0 -e prod" in ran.err
    assert engine.engine.requests == []


def test_a_version_that_is_there_already_is_done_at_once(engine: Served, interlock: Interlock) -> None:
    ran = interlock("deploy", "ledger=1.0.0", "-e", "prod", "--wait", "-o", "json")
    assert (ran.code, ran.data) == (0, {"change": None})
    assert "ledger 1.0.0 runs in prod as asked already" in ran.err
    assert "nothing was queued" in ran.err


def test_a_failing_change_exits_1_and_names_host_check_and_last_lines(engine: Served, interlock: Interlock) -> None:
    engine.engine.fail["ledger"] = "health check http://127.0.0.1:8080/healthz answers 503"
    ran = interlock("deploy", "checkout=1.1.0", "ledger=1.1.0", "-e", "prod", "--wait")
    assert (ran.code, ran.out) == (1, "1\n")
    assert "prod-eu-" in ran.err
    assert "answers 503" in ran.err
    assert "| starting" in ran.err
    assert "\x1b" not in ran.err
    assert "owned" not in ran.err


def test_wait_gives_up_at_its_timeout_and_the_change_goes_on(still: Served, interlock: Interlock) -> None:
    ran = interlock("deploy", "ledger=1.1.0", "-e", "prod", "--wait", "--timeout", "300ms", "-o", "json")
    assert ran.code == 4
    assert ran.data["id"] == "1"
    assert "goes on" in ran.err
    assert still.engine.snapshot.state.changes["1"].status is Status.WAITING


@pytest.mark.parametrize("text", ["5", "5 m", "m5", "", "-1s", "1h30", "1e3s"])
def test_a_duration_has_units(engine: Served, interlock: Interlock, text: str) -> None:
    assert interlock("deploy", "ledger=1.1.0", "-e", "prod", "--wait", f"--timeout={text}").code == 2


def test_queue_and_show_tell_of_a_change(still: Served, interlock: Interlock) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    row = interlock("queue", "-o", "json").data[0]
    assert (row["id"], row["state"], row["environment"]) == ("1", "waiting", "prod")
    assert row["items"][0]["from"] == "1.0.0"
    assert set(row["forecast"]) == {"start", "end", "end_p90"}
    assert "ledger 1.0.0 -> 1.1.0" in interlock("queue").out
    assert "ledger 1.0.0 -> 1.1.0" in interlock("show", "1").out


def test_cancel_takes_only_what_has_not_started(still: Served, interlock: Interlock) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    assert interlock("cancel", "1").code == 0
    assert interlock("show", "1", "-o", "json").data["state"] == "cancelled"
    ran = interlock("cancel", "1")
    assert ran.code == 1
    assert "cancelled" in ran.err


def test_pause_and_resume_a_change_a_service_and_the_engine(still: Served, interlock: Interlock) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    assert interlock("pause", "1").code == 0
    assert interlock("show", "1", "-o", "json").data["state"] == "paused"
    why = interlock("why", "1", "-o", "json").data
    assert why["waits"][0]["reason"] == "Paused"
    assert "interlock resume 1" in interlock("why", "1").out
    assert interlock("resume", "1").code == 0
    assert interlock("pause").code == 0
    assert still.engine.snapshot.state.paused_by
    assert interlock("resume").code == 0
    assert not still.engine.snapshot.state.paused_by
    assert interlock("pause", "search").code == 0  # it has one environment only
    assert interlock("pause", "ledger").code == 2
    assert interlock("resume", "search@prod").code == 0


def test_rollback_goes_to_the_version_before(engine: Served, interlock: Interlock) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod", "--wait")
    ran = interlock("rollback", "ledger", "-e", "prod", "--wait", "-o", "json")
    assert ran.code == 0
    assert (ran.data["kind"], ran.data["items"][0]["to"]) == ("rollback", "1.0.0")
    assert interlock("rollback", "ledger@prod", "--to", "7.7").code == 1
    assert interlock("rollback", "ledger@prod", "-e", "prod").code == 2
    assert interlock("rollback", "ledger").code == 2


def test_apply_queues_what_differs_and_nothing_when_nothing_does(still: Served, interlock: Interlock) -> None:
    file = Path("desired.yaml")
    file.write_text(interlock("export").out)
    same = interlock("apply", "desired.yaml", "-o", "json")
    assert (same.code, same.data) == (0, {"change": None})
    file.write_text("prod: {ledger: 1.1.0, search: 1.0.0}\n")
    dry = interlock("apply", "desired.yaml", "--dry-run", "-o", "json")
    assert [step["service"] for step in dry.data["steps"]] == ["ledger"]
    assert still.engine.snapshot.state.changes == {}
    assert interlock("apply", "desired.yaml", "-o", "json").data == {"change": "1"}
    assert [item.service for item in still.engine.snapshot.state.changes["1"].items] == ["ledger"]
    assert interlock("apply", "desired.yaml", "-o", "json").data == {"change": None}


def test_apply_wants_the_environment_if_several_differ(still: Served, interlock: Interlock) -> None:
    Path("f").write_text("prod: {ledger: 1.1.0}\nstaging: {ledger: 1.1.0}\n")
    ran = interlock("apply", "f")
    assert ran.code == 2
    assert "prod and staging" in ran.err
    assert interlock("apply", "f", "-e", "staging").out == "1\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- a\n", 1),
        ("prod: {ledger: {a: b}}\n", 1),
        ("prod:\n  ledger: 1.0\n  ledger: 1.1\n", 3),
        ("prod: &x {}\nstaging: *x\n", 2),
        ("prod:\n  ledger: !!python/object:os.system 1\n", 2),
        ("prod: {ledger: \n", 1),
        ("[" * 30_000, 1),
        ("prod: 5\n", 1),
    ],
)
def test_a_file_that_is_none_is_refused_at_its_line(still: Served, interlock: Interlock, text: str, line: int) -> None:
    Path("f").write_text(text)
    ran = interlock("apply", "f")
    assert (ran.code, ran.out) == (2, "")
    assert f"f:{line}" in ran.err or "not YAML" in ran.err
    assert "Traceback" not in ran.err


def test_versions_in_a_file_are_text(still: Served, interlock: Interlock) -> None:
    Path("f").write_text("prod: {ledger: 1.10}\n")
    assert "1.10 " in interlock("apply", "f").err


@pytest.mark.parametrize(
    "args",
    [
        ("deploy", "ledger=1.1.0", "-e", "prod"),
        ("rollback", "ledger@prod"),
        ("cancel", "1"),
        ("pause",),
        ("resume",),
        ("apply", "f"),
    ],
)
def test_read_only_asks_for_nothing(engine: Served, interlock: Interlock, args: tuple[str, ...]) -> None:
    Path("f").write_text("prod: {ledger: 1.1.0}\n")
    ran = interlock("--read-only", *args)
    assert (ran.code, engine.engine.requests) == (1, [])
    assert interlock("--read-only", "plan", "ledger=1.1.0", "-e", "prod").code == 0


def test_logs_are_the_moves_own_and_else_the_services(engine: Served, interlock: Interlock) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod", "--wait")
    engine.engine.silent.add("prod-eu-b1")
    logs = interlock("logs", "1", "-o", "json").data
    assert [(log["host"], log["lines"]) for log in logs] == [
        ("prod-eu-a1", ["ledger@prod/prod-eu-a1 wrote this"]),
        ("prod-eu-b1", []),
    ]
    assert "does not answer" in logs[1]["detail"]
    assert "wrote this" in interlock("logs", "1", "--host", "prod-eu-a1").out
    followed = interlock("logs", "1", "-f", "-o", "json")
    assert json.loads(followed.out.splitlines()[0])["line"].endswith("wrote this")


def test_watch_prints_events_until_the_change_is_done(engine: Served, interlock: Interlock) -> None:
    engine.do(lambda: setattr(engine.engine, "rolling", False))
    interlock("deploy", "ledger=1.1.0", "-e", "prod")

    def go_on() -> None:
        time.sleep(0.5)
        engine.do(lambda: setattr(engine.engine, "rolling", True))

    thread = threading.Thread(target=go_on)
    thread.start()
    ran = interlock("watch", "1", "-o", "json")
    thread.join()
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert {event["change"] for event in events} == {"1"}
    assert [event["kind"] for event in events if event["kind"].startswith("move")] == [
        "move-intended",
        "move-ended",
    ] * 2
    assert events[-1]["message"] == "change 1 is succeeded"
