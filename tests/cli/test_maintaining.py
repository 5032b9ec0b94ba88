"""Host maintenance, restarts and removals by command: what is asked, said, shown, refused."""

from __future__ import annotations

import getpass
from pathlib import Path

from engine.api.client import Client
from tests.api.served import Served
from tests.cli.conftest import Interlock

ME = getpass.getuser()


def test_a_cordon_stands_in_the_table_of_hosts_with_who_and_why(still: Served, interlock: Interlock) -> None:
    ran = interlock("cordon", "prod-eu-a1", "--reason", "new kernel")
    assert (ran.code, ran.out.strip()) == (0, "")
    assert "nothing new starts on prod-eu-a1 until interlock uncordon prod-eu-a1" in ran.err
    assert f"cordoned by {ME}" in interlock("hosts").out
    hosts = {host["host"]: host["maintenance"] for host in interlock("hosts", "-o", "json").data}
    assert hosts["prod-eu-b1"] is None
    assert (hosts["prod-eu-a1"]["upkeep"], hosts["prod-eu-a1"]["reason"]) == ("cordoned", "new kernel")
    interlock("deploy", "search=1.1.0", "-e", "prod")
    assert interlock("uncordon", "prod-eu-a1").code == 0
    assert interlock("uncordon", "prod-eu-a1").code == 1
    assert "prod-eu-a1 was cordoned by" in interlock("history").out


def test_a_drain_empties_a_host_and_uncordon_fills_it(engine: Served, interlock: Interlock) -> None:
    ran = interlock("drain", "prod-eu-a1", "--reason", "disks", "--wait", "--timeout", "20s", "-o", "json")
    assert ran.code == 0, ran.err
    assert (ran.data["kind"], ran.data["state"]) == ("drain", "succeeded")
    assert {item["to"] for item in ran.data["items"]} == {None}
    (row,) = interlock("status", "search@prod", "-o", "json").data
    first = row["placements"][0]
    assert (first["host"], first["state"], first["version"]) == ("prod-eu-a1", "drained", None)
    assert (row["state"], row["target"]) == ("degraded", "1.0.0")
    assert f"drained by {ME}" in interlock("hosts").out
    assert "drain" in interlock("show", ran.data["id"]).out
    back = interlock("uncordon", "prod-eu-a1", "--wait", "--timeout", "20s", "-o", "json")
    assert (back.data["kind"], back.data["state"]) == ("return", "succeeded")
    assert interlock("status", "search@prod", "-o", "json").data[0]["state"] == "converged"


def test_restart_and_remove(engine: Served, interlock: Interlock) -> None:
    ran = interlock("restart", "search", "--wait", "--timeout", "20s", "-o", "json")
    assert (ran.code, ran.data["kind"], ran.data["state"]) == (0, "restart", "succeeded")
    refused = interlock("remove", "ledger@prod")
    assert (refused.code, refused.out) == (1, "")
    assert "checkout 1.0.0 runs in prod and needs ledger" in refused.err
    assert interlock("remove", "search@prod", "--orphans").code == 1
    assert interlock("remove", "search").code == 2
    gone = interlock("remove", "search@prod", "--wait", "--timeout", "20s", "-o", "json")
    assert (gone.code, gone.data["items"][0]["to"], gone.data["state"]) == (0, None, "succeeded")
    (row,) = interlock("status", "search@prod", "-o", "json").data
    assert (row["current"], row["target"], row["desired"], row["state"]) == ({}, None, None, "unknown")


def test_a_retired_host_is_out_of_the_service_and_read_only_changes_nothing(
    engine: Served, interlock: Interlock
) -> None:
    assert interlock("--read-only", "retire", "prod-eu-a1").code == 1
    ran = interlock("retire", "prod-eu-a1", "--reason", "burnt")
    assert ran.code == 0, ran.err
    assert "it counts for nothing any more" in ran.err
    (row,) = interlock("status", "search@prod", "-o", "json").data
    assert [placement["host"] for placement in row["placements"]] == ["prod-eu-b1"]
    assert "prod-eu-a2" not in interlock("hosts").out
    assert interlock("cordon", "prod-eu-a2").code == 2


def test_what_it_would_touch_is_told_and_changes_nothing(still: Served, interlock: Interlock, tmp_path: Path) -> None:
    client = Client(str(tmp_path / "engine.sock"))
    view = client.touch("retire", "prod-eu-a1")
    assert sorted(view["placements"]) == [f"{name}@prod/prod-eu-a1" for name in ("checkout", "ledger", "search")]
    assert view["refused"] == ""
    assert "needs ledger" in client.touch("remove", "ledger@prod")["refused"]
    assert [host["maintenance"] for host in interlock("hosts", "-o", "json").data] == [None] * 4
