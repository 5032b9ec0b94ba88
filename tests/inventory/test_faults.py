"""Every mistake has its sentence: place, rule, key, what was expected, what may be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InventoryInvalid
from engine.inventory import load
from tests.inventory.driver_mistakes import DRIVERS
from tests.inventory.hook_mistakes import HOOKS
from tests.inventory.mistakes import BASE, TABLE
from tests.inventory.policy_mistakes import POLICIES


def findings(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    (folder / "inventory.yaml").write_text(text)
    monkeypatch.chdir(folder)
    try:
        load(Path("inventory.yaml"))
    except InventoryInvalid as error:
        return list(error.findings)
    return []


def test_the_base_has_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings(BASE, tmp_path, monkeypatch) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    TABLE + POLICIES + HOOKS + DRIVERS,
    ids=[row[1][:40].strip() or row[0] for row in TABLE + POLICIES + HOOKS + DRIVERS],
)
def test_a_mistake_has_its_sentence(
    old: str, new: str, line: int, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert old in BASE
    found = findings(BASE.replace(old, new, 1), tmp_path, monkeypatch)
    assert any(each.startswith(f"inventory.yaml:{line}: error ") and expected in each for each in found), found
    assert len(found) <= 2, found


def test_all_mistakes_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = BASE
    for old, new in [
        ("team: payments\n    labels", "team: paymnts\n    labels"),
        ("domain: eu-b", "domain: eu-x"),
        ("max_parallel: 1", "max_parallel: 0, cannary: 1"),
        ("service: ledger,", "service: legder,"),
        ('when: ">=1"', 'when: "~1"'),
        ("teams:", "hoosts: {}\nteams:"),
        ("per_team: 1", "per_team: many"),
        ("bin/ledger", "[bin/ledger]"),
    ]:
        text = text.replace(old, new, 1)
    keys = [each.split(": ")[2] for each in findings(text, tmp_path, monkeypatch)]
    assert keys == [
        "hoosts",
        "hosts.h2.domain",
        "services.ledger.command",
        "services.checkout.team",
        "services.checkout.needs.0.when",
        "services.checkout.needs.0.service",
        "services.checkout.rollout.max_parallel",
        "services.checkout.rollout.cannary",
        "policies.limits.per_team",
    ]


def test_one_name_in_two_files_names_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "estate"
    folder.mkdir()
    (folder / "a.yaml").write_text(BASE)
    (folder / "b.yaml").write_text("organization: other\nservices:\n  ledger: {team: payments}\nteams: {x: {}}\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InventoryInvalid) as caught:
        load(Path("estate"))
    assert caught.value.findings == (
        "estate/b.yaml:1: error duplicate: organization: declared twice; first at estate/a.yaml:1",
        "estate/b.yaml:3: error duplicate: services.ledger: declared twice; first at estate/a.yaml:10",
    )


def test_terminal_escapes_never_reach_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = BASE.replace("role: pay}\n", '"\\e]52;c;AAAA\\a": pay}\n').replace("bin/ledger", '"\\e[31m"')
    found = findings(text, tmp_path, monkeypatch)
    assert len(found) >= 2
    assert all(each.isprintable() for each in found)
