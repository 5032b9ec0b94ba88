"""An inventory as the journal keeps it is the inventory, but for what decides nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.inventory import load
from engine.inventory.kept import from_text, to_text

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "name", ["tests/inventory/fixtures/complete.yaml", "inventories/acme", "inventories/two-hosts"]
)
def test_it_comes_back_as_it_was(name: str) -> None:
    inventory = load(ROOT / name)
    text = to_text(inventory)
    back = from_text(text)
    assert back == replace(inventory, webhooks={}, positions={})
    assert to_text(back) == text


def test_the_complete_one_has_all_that_is_hard_to_keep() -> None:
    """Else the test above shows less than it says."""
    inventory = load(ROOT / "tests/inventory/fixtures/complete.yaml")
    entries = [
        each for policy in inventory.windows.values() for each in (*policy.schedule.allow, *policy.schedule.deny)
    ]
    assert any(entry.calendar is not None for entry in entries)
    assert any(str(entry.zone) != "UTC" for entry in entries)
    assert inventory.freezes
    assert inventory.webhooks
    assert "chat.example" not in to_text(inventory)


@pytest.mark.parametrize("text", ["", "{}", "[]", '[{"inventory": 1}]'])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        from_text(text)
