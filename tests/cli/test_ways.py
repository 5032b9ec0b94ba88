"""Commands that queue several changes, or a way back with everything that has to go back too."""

from __future__ import annotations

from dataclasses import replace

from engine.model.inventory import Environment
from engine.model.service import Need
from tests.api.served import Served
from tests.cli.conftest import Interlock


def in_order(engine: Served) -> None:
    """prod comes after staging from now on, without a soak time."""
    small = engine.engine
    environments = {"staging": Environment("staging"), "prod": Environment("prod", "staging")}
    small.snapshot = replace(small.snapshot, inventory=replace(small.snapshot.inventory, environments=environments))


def needing(engine: Served, *needs: Need) -> None:
    """checkout needs these from now on."""
    small, inventory = engine.engine, engine.engine.snapshot.inventory
    services = {**inventory.services, "checkout": replace(inventory.services["checkout"], needs=needs)}
    small.snapshot = replace(small.snapshot, inventory=replace(inventory, services=services))


def test_through_prints_a_change_for_each_environment(still: Served, interlock: Interlock) -> None:
    in_order(still)
    ran = interlock("deploy", "ledger=1.1.0", "--through", "prod")
    assert (ran.code, ran.out) == (0, "1\n2\n")
    assert "change 1: ledger 1.1.0 in staging, then change 2: ledger 1.1.0 in prod" in ran.err
    waits = interlock("show", "2", "-o", "json").data["waits"]
    assert [wait["reason"] for wait in waits] == ["SoakRequired"]
    assert interlock("deploy", "checkout=1.1.0", "--through", "prod", "-o", "json").data == {
        "change": "3",
        "changes": ["3", "4"],
    }


def test_through_with_wait_follows_every_change(engine: Served, interlock: Interlock) -> None:
    in_order(engine)
    ran = interlock("deploy", "ledger=1.1.0", "--through", "prod", "--wait", "--timeout", "20s")
    assert ran.code == 0
    assert {change.status.value for change in engine.engine.snapshot.state.changes.values()} == {"succeeded"}


def test_through_an_environment_after_none_is_a_usage_error(still: Served, interlock: Interlock) -> None:
    ran = interlock("deploy", "ledger=1.1.0", "--through", "prod")
    assert (ran.code, ran.out) == (2, "")
    assert "comes after no other environment" in ran.err


def test_plan_shows_the_bridge_and_deploy_takes_it(still: Served, interlock: Interlock) -> None:
    needing(still, Need("ledger", "<2", "<1.1"), Need("ledger", ">=2", ">=2"))
    wanted = ("checkout=2.0.0", "ledger=2.0.0", "-e", "prod")
    ran = interlock("plan", *wanted)
    assert "1. checkout 1.0.0 -> 1.1.0 in prod" in ran.out
    bridge = interlock("plan", *wanted, "-o", "json").data["bridge"]
    assert [(leg["service"], leg["from"], leg["to"]) for leg in bridge] == [
        ("checkout", "1.0.0", "1.1.0"),
        ("ledger", "1.0.0", "2.0.0"),
        ("checkout", "1.1.0", "2.0.0"),
    ]
    assert interlock("deploy", *wanted, "--accept-bridge").out == "1\n2\n3\n"


def test_a_rollback_tells_of_its_chain_and_takes_it(engine: Served, interlock: Interlock) -> None:
    needing(engine, Need("ledger", ">=2", ">=2"))
    assert interlock("deploy", "ledger=2.0.0", "-e", "prod", "--wait", "--timeout", "20s").code == 0
    assert interlock("deploy", "checkout=2.0.0", "-e", "prod", "--wait", "--timeout", "20s").code == 0
    ran = interlock("rollback", "ledger@prod")
    assert "    1. checkout 2.0.0 -> 1.0.0" in ran.err
    interlock("cancel", "3")
    assert interlock("rollback", "ledger@prod", "--chain", "--wait", "--timeout", "20s").code == 0
    items = interlock("show", "4", "-o", "json").data["items"]
    assert [(item["service"], item["to"]) for item in items] == [("checkout", "1.0.0"), ("ledger", "1.0.0")]


def test_plan_takes_whatever_says_how_deploy_would_go(still: Served, interlock: Interlock) -> None:
    plan = interlock("plan", "ledger=1.1.0", "-e", "prod", "--not-before", "2099-01-01T00:00Z", "-o", "json").data
    assert [wait["reason"] for wait in plan["waits"]] == ["NotBefore"]
    assert interlock("plan", "ledger=1.1.0", "-e", "prod", "--through", "nowhere").code == 2
    assert "KEY=VALUE" in interlock("plan", "ledger=1.1.0", "-e", "prod", "--evidence", "x").err
