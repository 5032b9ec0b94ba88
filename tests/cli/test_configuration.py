"""``apply --config`` and what ``status`` shows of an inventory that nobody has asked for yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.api.served import Served
from tests.cli.conftest import Interlock


@pytest.fixture
def reloaded(still: Served) -> Served:
    """The inventory is read anew: another command for the ledger, and no search any more."""

    def reload() -> None:
        inventory = still.engine.snapshot.inventory
        ledger = inventory.services["ledger"]
        ledger = replace(ledger, configuration=replace(ledger.configuration, command="bin/ledger --verbose"))
        services = {name: each for name, each in inventory.services.items() if name != "search"}
        inventory = replace(inventory, services={**services, "ledger": ledger})
        still.engine.snapshot = replace(still.engine.snapshot, inventory=inventory)

    still.do(reload)
    return still


def test_status_says_what_is_pending_and_what_to_do(reloaded: Served, interlock: Interlock) -> None:
    (row,) = interlock("status", "ledger@prod", "-o", "json").data
    assert (row["state"], row["pending"]) == ("pending", "configuration")
    text = interlock("status", "ledger@prod").out
    assert "pending: configuration" in text
    assert "interlock deploy ledger=1.0.0 -e prod" in text
    assert interlock("status", "checkout@prod", "-o", "json").data[0]["pending"] == ""


def test_status_shows_what_runs_though_the_inventory_no_longer_has_it(reloaded: Served, interlock: Interlock) -> None:
    rows = [row for row in interlock("status", "-o", "json").data if row["service"] == "search"]
    assert rows
    assert all(row["placements"] == [] and row["orphans"] and row["state"] == "unknown" for row in rows)
    assert "orphan" in interlock("status").out


def test_apply_config_queues_what_differs(reloaded: Served, interlock: Interlock) -> None:
    both = interlock("apply", "--config")
    assert both.code == 2
    assert "prod" in both.err
    assert "-e" in both.err
    dry = interlock("apply", "--config", "-e", "prod", "--dry-run")
    assert "1.0.0, new configuration" in dry.out
    ran = interlock("apply", "--config", "-e", "prod", "-o", "json")
    assert ran.data == {"change": "1"}
    assert "ledger 1.0.0 (new configuration) in prod" in ran.err
    assert interlock("show", "1", "-o", "json").data["items"][0]["configuration"] is True
    assert interlock("apply", "--config", "-e", "prod", "-o", "json").data == {"change": None}


def test_a_file_limits_what_apply_config_looks_at(reloaded: Served, interlock: Interlock) -> None:
    Path("desired.yaml").write_text("prod: {checkout: 1.0.0}")
    assert interlock("apply", "desired.yaml", "--config", "-o", "json").data == {"change": None}
    Path("desired.yaml").write_text("prod: {checkout: 1.0.0, ledger: 1.0.0}")
    assert interlock("apply", "desired.yaml", "-o", "json").data == {"change": None}
    assert interlock("apply", "desired.yaml", "--config", "-o", "json").data == {"change": "1"}


def test_apply_wants_a_file_or_config(still: Served, interlock: Interlock) -> None:
    ran = interlock("apply")
    assert ran.code == 2
    assert "--config" in ran.err
