"""The inventories that ship: each passes `check`, and does what its README line promises."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.hygiene import check
from engine.inventory import load
from engine.inventory.catalog import scan
from engine.model.finding import Severity
from engine.model.names import InstanceId
from engine.model.request import Deploy
from engine.model.wait import Reason
from engine.plan.preview import preview
from tests.adopted import adopted
from tests.documents.shown import ROOT

FOLDER = ROOT / "inventories"
SAMPLES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith("_"))
SATURDAY = datetime(2026, 11, 28, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_each_is_listed() -> None:
    assert [name for name in SAMPLES if f"({name}/" not in (FOLDER / "README.md").read_text()] == []


@pytest.mark.parametrize("name", SAMPLES)
def test_each_passes_check(name: str) -> None:
    inventory = load(FOLDER / name)
    errors = [found for found in check(inventory, scan(inventory)) if found.severity is Severity.ERROR]
    assert errors == []


def released(folder: Path, **versions: tuple[str, ...]) -> None:
    """Put artifacts with these versions, and their sums, where a sample looks for them."""
    artifacts = folder / "artifacts"
    artifacts.mkdir()
    sums = ""
    for service, known in versions.items():
        for version in known:
            name = f"{service}-{version}.tar.gz"
            (artifacts / name).write_bytes(name.encode())
            sums += f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n"
    (artifacts / "SHA256SUMS").write_text(sums)


@pytest.mark.parametrize(
    ("now", "more"),
    [(TUESDAY, set()), (SATURDAY, {Reason.WINDOW_CLOSED}), (datetime(2026, 12, 22, 12, tzinfo=UTC), {Reason.FREEZE})],
)
def test_staging_and_prod_holds_a_change_by_every_rule_it_shows(
    tmp_path: Path, now: datetime, more: set[Reason]
) -> None:
    folder = shutil.copytree(FOLDER / "staging-and-prod", tmp_path / "sample")
    released(folder, ledger=("2.9", "3.0"), checkout=("1.9", "2.0"))
    runs = {"ledger": "2.9", "checkout": "1.9"}
    snapshot = adopted(load(folder), now, lambda instance: runs[instance.service])
    prod = preview(snapshot, Deploy("root", "prod", {"checkout": "2.0", "ledger": "3.0"}))
    assert (prod.refused, [step.service for step in prod.steps]) == ("", ["ledger", "checkout"])
    rules = {Reason.APPROVAL_REQUIRED, Reason.EVIDENCE_REQUIRED, Reason.SOAK_REQUIRED}
    assert {wait.reason for wait in prod.waits} == rules | more
    staging = preview(snapshot, Deploy("root", "staging", {"checkout": "2.0", "ledger": "3.0"}))
    assert [wait.reason for wait in staging.waits] == []
    foreign = preview(snapshot, Deploy("ana", "staging", {"ledger": "3.0"}))
    assert "jonas, mei, root could" in foreign.refused


def test_the_one_from_ansible_places_by_groups_and_variables() -> None:
    inventory = load(FOLDER / "from-ansible")
    hosts = {service: inventory.services[service].hosts["prod"] for service in ("api", "site")}
    assert {service: sorted(names) for service, names in hosts.items()} == {
        "api": ["api-1", "api-2", "api-3"],
        "site": ["web-1", "web-2"],
    }
    assert {name: host.domain for name, host in inventory.hosts.items() if host.domain == "rack-2"} == {
        "api-3": "rack-2",
        "web-2": "rack-2",
    }
    assert inventory.hosts["api-3"].address == "192.0.2.43"
    assert InstanceId("site", "prod") in set(inventory.instances())
