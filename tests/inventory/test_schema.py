"""The schema for editors says what the loader does, because it is made of the same models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from engine.inventory.document import Document
from engine.inventory.scalars import duration_s, problem_with_name
from engine.inventory.schema import json_schema
from engine.inventory.section import Section

SCHEMA = json_schema()
SECTIONS = [cls for cls in Section.kinds() if cls is not Document]


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(value)


def test_it_is_json_and_every_reference_resolves() -> None:
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    references = [node["$ref"] for node in nodes(SCHEMA) if "$ref" in node]
    assert references
    assert {reference.removeprefix("#/$defs/") for reference in references} <= set(SCHEMA["$defs"])


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_a_section_has_the_keys_the_loader_takes_and_no_others(section: type[Section]) -> None:
    schema = SCHEMA["$defs"][section.__name__]
    assert set(schema["properties"]) == set(section.model_fields)
    assert schema["additionalProperties"] is False
    required = [name for name, field in section.model_fields.items() if field.is_required()]
    assert schema.get("required", []) == required


def test_every_pattern_and_default_is_what_the_readers_take() -> None:
    rollout = SCHEMA["$defs"]["RolloutEntry"]["properties"]
    assert rollout["healthy_deadline"]["default"] == "5m"
    assert rollout["max_parallel"]["default"] == "1"
    for text in ("500ms", "1h30m", "0", "", "10", "1m1h", "x"):
        pattern = rollout["healthy_deadline"]["pattern"]
        assert bool(re.search(pattern, text)) == (duration_s(text) is not None), text
    for name in ("web-01.eu_b", "1st", "-rf", "a b", "a@b", ""):
        assert bool(re.search(SCHEMA["$defs"]["ServiceEntry"]["properties"]["team"]["pattern"], name)) == (
            problem_with_name(name) is None
        ), name


def test_numbers_flags_and_blanks_are_allowed_where_editors_see_them() -> None:
    service = SCHEMA["$defs"]["ServiceEntry"]["properties"]
    assert "number" in service["command"]["type"]
    assert "null" in service["needs"]["type"]
    assert "null" in SCHEMA["$defs"]["EnvironmentEntry"]["type"]
    assert SCHEMA["$defs"]["SshEntry"]["properties"]["sudo"]["type"] == "boolean"


def test_a_file_of_a_folder_may_hold_a_part() -> None:
    assert set(SCHEMA["properties"]) == set(Document.model_fields)
    assert "required" not in SCHEMA
    assert SCHEMA["additionalProperties"] is False
