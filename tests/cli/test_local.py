"""The commands that need no engine, or start one, and what they say when they cannot."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.cli.starting import start_engine
from engine.api.client import Client
from engine.errors import InterlockError, InventoryInvalid
from tests.api.served import Served
from tests.cli.conftest import Interlock

VALID = """
organization: tiny
environments: {prod: {}}
teams: {web: {members: [ana]}}
domains: {eu: {}}
hosts: {h1: {address: 127.0.0.1, environment: prod, domain: eu, labels: {role: web}}}
services:
  front: {team: web, placement: {role: web}, driver: process, command: bin/front}
"""


def test_schema_is_json(interlock: Interlock) -> None:
    assert "services" in interlock("schema").data["properties"]


def test_check_tells_file_line_and_rule(interlock: Interlock) -> None:
    Path("inventory.yaml").write_text(VALID)
    ran = interlock("check", "-o", "json")
    assert ran.code == 0
    assert {finding["severity"] for finding in ran.data} <= {"warning"}
    assert all(finding["line"] > 0 and finding["file"] and finding["rule"] for finding in ran.data)
    assert interlock("check").out.startswith("inventory.yaml:")


def test_check_asks_the_engine_for_what_was_not_deployed_for_long(engine: Served, interlock: Interlock) -> None:
    Path("inventory.yaml").write_text(VALID)
    assert "not-deployed-for-long" not in interlock("check").out
    small = engine.engine
    engine.do(lambda: setattr(small, "snapshot", replace(small.snapshot, now=small.snapshot.now + timedelta(days=200))))
    ran = interlock("check", "-o", "json")
    (found,) = {each["message"].partition(" was not")[0] for each in ran.data if "checkout@prod" in each["message"]}
    assert (ran.code, found) == (0, "checkout@prod")


def test_check_of_an_invalid_inventory_exits_2_with_all_errors(interlock: Interlock) -> None:
    Path("inventory.yaml").write_text(VALID.replace("team: web", "team: wbe").replace("domain: eu,", "domain: ue,"))
    ran = interlock("check", "-o", "json")
    assert ran.code == 2
    assert {finding["severity"] for finding in ran.data} == {"error"}
    assert {finding["line"] for finding in ran.data} == {6, 8}
    assert "did you mean" in interlock("check").out
    assert "2 errors" in interlock("check").err


def test_without_an_inventory_it_is_said_how_to_name_one(interlock: Interlock) -> None:
    for args in (("check",), ("engine",)):
        ran = interlock(*args)
        assert (ran.code, ran.out) == (2, "")
        assert "-i" in ran.err


def test_an_engine_with_an_invalid_inventory_does_not_start(interlock: Interlock, tmp_path: Path) -> None:
    Path("inventory.yaml").write_text("organization: tiny\nservices: 5\n")
    ran = interlock("engine", "--state", str(tmp_path / "s"))
    assert ran.code == 2
    assert "inventory.yaml:2" in ran.err
    assert "Traceback" not in ran.err
    ran = interlock("console", "--state", str(tmp_path / "s"))  # it would start one
    assert (ran.code, ran.out) == (2, "")
    assert "inventory.yaml:2" in ran.err


def test_an_engine_is_started_answers_and_stops(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(VALID.replace("address: 127.0.0.1", "address: 127.0.0.1, port: 1"))
    engine = start_engine(inventory, tmp_path / "s", str(tmp_path / "s" / "engine.sock"), exit_when_idle=True)
    try:
        assert Client(engine.address).engine()["organization"] == "tiny"
        assert Client(engine.address).hosts()[0]["state"] == "unreachable"
        with pytest.raises(InterlockError, match=r"engine\.log"):
            start_engine(inventory, tmp_path / "s", str(tmp_path / "s" / "engine2.sock"), exit_when_idle=True)
        began = time.monotonic()
    finally:
        engine.stop()
    assert engine.process.returncode == 0
    assert time.monotonic() - began < 10
    assert not Path(engine.address).exists()


def test_an_engine_that_cannot_start_says_why(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text("organization: tiny\nservices: 5\n")
    with pytest.raises(InventoryInvalid, match=r"inventory\.yaml:2"):
        start_engine(inventory, tmp_path / "s", str(tmp_path / "s" / "engine.sock"), exit_when_idle=False)


def test_a_demo_with_impossible_numbers_is_a_usage_error(interlock: Interlock, tmp_path: Path) -> None:
    assert interlock("demo", "--services", "0").code == 2
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text(json.dumps("precious"))
    ran = interlock("demo", "--headless", "--dir", str(tmp_path / "full"))
    assert (ran.code, ran.out) == (2, "")
    assert (tmp_path / "full" / "mine").exists()
