"""Thousands of spoilt inventories: each loads, or is refused line by line; nothing else ever."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
import yaml

from engine.errors import InventoryInvalid
from engine.hygiene import check
from engine.inventory import load
from engine.inventory.catalog import scan
from engine.inventory.schema import json_schema
from tests.inventory.mutation import spoilt_data, spoilt_text

FIXTURES = Path(__file__).parent / "fixtures"
SOUND = (FIXTURES / "complete.yaml").read_bytes()
DATA = yaml.load(SOUND, Loader=yaml.BaseLoader)
BATCHES = 25
BATCH = 200

LINE = re.compile(r"(inventory\.yaml|hosts\.ini|ssh_config|\.):[1-9][0-9]*: error [a-z-]+: .+")


def refused_with(path: Path) -> tuple[str, ...]:
    """What is said against the inventory; nothing if it loads, and then it can be checked."""
    try:
        inventory = load(path)
    except InventoryInvalid as error:
        return error.findings or ("refused without a word",)
    for finding in check(inventory, scan(inventory)):
        assert str(finding).isprintable()
    return ()


@pytest.mark.parametrize("batch", range(BATCHES))
def test_spoilt_inventories_load_or_are_refused(batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ledger.service", "holidays.ics", "hosts.ini", "ssh_config", "allowed_signers"):
        (tmp_path / name).write_bytes((FIXTURES / name).read_bytes())
    loaded = 0
    for number in range(batch * BATCH, (batch + 1) * BATCH):
        chance = random.Random(number)
        content = spoilt_data(chance, DATA) if number % 3 else spoilt_text(chance, SOUND)
        Path("inventory.yaml").write_bytes(content)
        try:
            findings = refused_with(Path("inventory.yaml"))
        except Exception as error:
            error.add_note(f"mutation number {number}")
            raise
        loaded += not findings
        wrong = [each for each in findings if not (LINE.fullmatch(each) and each.isprintable() and len(each) < 2000)]
        assert wrong == [], f"mutation number {number}"
    # The mutations must reach both ends: an inventory that never loads proves little.
    assert 0 < loaded < BATCH


def test_mutations_are_the_same_every_time() -> None:
    assert spoilt_data(random.Random(7), DATA) == spoilt_data(random.Random(7), DATA)
    assert spoilt_text(random.Random(7), SOUND) == spoilt_text(random.Random(7), SOUND)


def test_the_schema_does_not_change_while_inventories_are_read() -> None:
    before = json_schema()
    load(FIXTURES / "complete.yaml")
    assert json_schema() == before
