"""The documents say what the program does: generated parts are current, links lead somewhere,
every reason to wait is explained, and every file a reader is sent to exists.
"""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from engine.inventory import load
from engine.model.wait import Reason

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """docs/generate.py, which is a script and not on any path."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_parts_are_current(generator: ModuleType) -> None:
    due = [str(path.relative_to(ROOT)) for path, text in generator.documents().items() if path.read_text() != text]
    assert due == [], "run `make docs`"


def test_every_key_of_the_inventory_is_explained(generator: ModuleType) -> None:
    rows = [line for line in generator.inventory_reference().splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    assert [row for row in rows if row.rstrip("| ").count("|") < 3] == []


def test_the_inventory_shown_is_one(tmp_path: Path) -> None:
    shown = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs/inventory.md").read_text(), re.MULTILINE | re.DOTALL)
    for number, text in enumerate(shown):  # the later examples add to the first, as a folder's files do
        (tmp_path / f"{number}.yaml").write_text(text)
    holidays = ROOT / "tests/inventory/fixtures/holidays.ics"
    (tmp_path / "holidays.ics").write_text(holidays.read_text())
    inventory = load(tmp_path)
    assert sorted(inventory.hosts) == ["web-1.a", "web-1.b", "web-2.a"]
    assert [(need.version, need.when) for need in inventory.services["checkout"].needs] == [
        (">=2.3,<4", ""),
        (">=3", ">=2.0"),
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_reason_to_wait_is_explained() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    assert [reason.value for reason in Reason if f"`{reason.value}`" not in text] == []


def test_whoever_is_refused_reads_that_nothing_changed(generator: ModuleType) -> None:
    refused = re.split(r"^## ", generator.messages(), flags=re.MULTILINE)
    body = next(part for part in refused if part.startswith("RequestRefused\n"))
    rows = [line for line in body.splitlines() if line.startswith("| ") and "`engine/plan/requests/" in line]
    assert len(rows) > 40
    assert [row for row in rows if not re.search(r"[Nn]othing (?:was|unverified)", row)] == []


def test_messages_said_by_way_of_a_variable_are_listed(generator: ModuleType) -> None:
    """Most gates write their sentence first and wait with it below."""
    text = generator.messages()
    assert "the window {policy} is closed{never}" in text
    assert "{count} of at most {limit} rollouts {what} run already" in text
    assert "change {id} goes first from now on; its gates hold it as before" in text


def test_the_layers_drawn_are_those_of_the_import_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    drawn = (ROOT / "docs/architecture.md").read_text().partition("## Layers")[2].split("```")[1]
    packages = [re.split(" {2,}", line)[0] for line in drawn.splitlines() if line.startswith("engine.")]
    names = re.findall(r"\w+", " ".join(packages).replace("engine.", ""))
    assert names == re.findall(r"\w+", " ".join(layers))


def test_the_files_that_the_architecture_names_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    named = re.findall(r"`((?:engine|console|tests|docs)/[\w./-]+\.\w+)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []
