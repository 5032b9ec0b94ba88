"""The commands that look: the same facts as text and as JSON, data on stdout only."""

from __future__ import annotations

import pytest

from tests.api.served import Served
from tests.cli.conftest import Interlock


def test_status_is_a_row_for_each_instance(engine: Served, interlock: Interlock) -> None:
    ran = interlock("status", "-o", "json")
    assert ran.code == 0
    assert [(row["service"], row["environment"]) for row in ran.data] == [
        ("checkout", "prod"),
        ("checkout", "staging"),
        ("ledger", "prod"),
        ("ledger", "staging"),
        ("search", "prod"),
    ]
    first = ran.data[0]
    assert first["current"] == {"1.0.0": 2}
    assert (first["target"], first["desired"], first["state"], first["team"]) == (
        "1.0.0",
        "1.0.0",
        "converged",
        "payments",
    )
    assert first["placements"][0]["health"] == "passing"
    assert first["waits"] == []


def test_status_as_text_is_aligned(engine: Served, interlock: Interlock) -> None:
    ran = interlock("status")
    lines = ran.out.splitlines()
    assert lines[0].split() == ["SERVICE", "ENV", "STATE", "CURRENT", "TARGET", "DESIRED", "HEALTHY", "TEAM"]
    assert len({line.index("converged") for line in lines[1:]}) == 1
    assert "2/2" in lines[1]


@pytest.mark.parametrize("args", [("-o", "json", "status"), ("status", "-o", "json"), ("status", "-ojson")])
def test_global_options_stand_before_or_after_the_command(
    engine: Served, interlock: Interlock, args: list[str]
) -> None:
    assert interlock(*args).data[0]["service"] == "checkout"


def test_status_of_one_service_shows_its_placements(engine: Served, interlock: Interlock) -> None:
    ran = interlock("status", "search@prod")
    assert "prod-eu-a1" in ran.out
    assert "checkout" not in ran.out
    assert [row["environment"] for row in interlock("status", "ledger", "-o", "json").data] == ["prod", "staging"]
    assert len(interlock("status", "-e", "staging", "-o", "json").data) == 2


@pytest.mark.parametrize(
    ("args", "near"),
    [
        (("status", "chekout"), "checkout"),
        (("status", "ledger@pord"), "prod"),
        (("status", "-e", "stagin"), "staging"),
        (("why", "serach"), "search"),
        (("logs", "1"), "change '1'"),
        (("show", "7"), "change '7'"),
        (("history", "--change", "99"), "change '99'"),
        (("status", "-e", "prod", "-e", "staging"), "-e is given 2 times"),
        (("deploy", "ledger=1.1.0", "-e", "prod", "--environment=staging"), "-e is given 2 times"),
        (("probe", "prod-eu-a2"), "prod-eu-a1"),
        (("deploy", "ledgr=1.1.0", "-e", "prod"), "ledger"),
        (("plan", "ledger=1.1.0", "-e", "prd"), "prod"),
        (("rollback", "ledgr@prod"), "ledger"),
        (("pause", "checkot"), "checkout"),
        (("statsu",), "status"),
    ],
)
def test_an_unknown_name_is_a_usage_error_with_the_near_ones(
    engine: Served, interlock: Interlock, args: tuple[str, ...], near: str
) -> None:
    ran = interlock(*args)
    assert (ran.code, ran.out) == (2, "")
    assert near in ran.err
    assert engine.engine.requests == []


def test_hosts(engine: Served, interlock: Interlock) -> None:
    first = interlock("hosts", "-o", "json").data[0]
    assert first["host"] == "prod-eu-a1"
    assert (first["state"], first["latency_ms"], first["domain"]) == ("up", 1.2, "eu-a")
    assert first["placements"] == ["checkout@prod", "ledger@prod", "search@prod"]
    assert "1 ms" in interlock("hosts").out
    mistyped = interlock("hosts", "-e", "prd")
    assert (mistyped.code, mistyped.out) == (2, "")
    assert "did you mean prod?" in mistyped.err


def test_probe_looks_at_the_hosts_named_and_fails_if_one_is_silent(engine: Served, interlock: Interlock) -> None:
    assert interlock("probe", "prod-eu-a1").code == 0
    assert engine.engine.probed == [["prod-eu-a1"]]
    engine.do(lambda: engine.engine.lose("prod-eu-b1"))
    ran = interlock("probe", "-o", "json")
    assert ran.code == 1
    assert "prod-eu-b1" in ran.err
    assert len(ran.data) == 4


def test_graph_in_each_form(engine: Served, interlock: Interlock) -> None:
    text = interlock("graph").out
    assert "layer 0\n  ledger (payments)" in text
    assert "  checkout (payments) needs ledger >=1.0,<3" in text
    dot = interlock("graph", "--format", "dot").out
    assert dot.startswith("digraph")
    assert '"checkout" -> "ledger" [label=">=1.0,<3"];' in dot
    mermaid = interlock("graph", "--format", "mermaid").out
    assert 's0 -->|"#62;=1.0,#60;3"| s1' in mermaid
    for args in (("--format", "json"), ("-o", "json")):
        assert interlock("graph", *args).data["services"][0]["layer"] == 1


def test_history_tells_every_event_in_words(engine: Served, interlock: Interlock) -> None:
    events = interlock("history", "-o", "json").data
    assert events[0]["kind"] == "engine-started"
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert "search@prod adopted at 1.0.0" in interlock("history", "-n", "5").out


def test_export_holds_what_is_desired(engine: Served, interlock: Interlock) -> None:
    exported = interlock("export")
    assert "prod:\n  checkout: 1.0.0\n  ledger: 1.0.0\n  search: 1.0.0" in exported.out
    assert interlock("export", "-o", "json").data["staging"] == {"checkout": "1.0.0", "ledger": "1.0.0"}


def test_nothing_is_queued_and_nothing_said_of_an_empty_queue(engine: Served, interlock: Interlock) -> None:
    assert interlock("queue", "-o", "json").data == []
    assert interlock("queue").out == "no changes\n"


def test_history_tells_what_the_options_ask_for_together(still: Served, interlock: Interlock) -> None:
    for goal in ("ledger=1.1.0", "search=1.1.0", "search=2.0.0"):
        interlock("deploy", goal, "-e", "prod")
    asked = ("history", "--team", "web", "--kind", "change-accepted", "-o", "json")
    assert [event["change"] for event in interlock(*asked).data] == ["2", "3"]
    assert [event["change"] for event in interlock(*asked, "--service", "search", "-n", "1").data] == ["3"]
    assert len(interlock(*asked, "--since", "1h").data) == len(interlock(*asked, "--since", "1h ago").data) == 2
    assert interlock(*asked, "--until", "1h").data == []
    for args, said in (
        (("--since", "soon"), "is no time such as 2026-11-24T18:00Z, 18:00 or 2d (ago)"),
        (("--team", "wob"), "no team 'wob' (did you mean web?)"),
        (("--kind", "deploys"), "There is no kind of event 'deploys'"),
    ):
        ran = interlock("history", *args)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err
