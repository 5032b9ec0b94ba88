"""The inventory's JSON Schema, for completion and checks while typing in an editor.

It comes from the models that validate (engine.inventory.document), so the two cannot drift.
Editors read YAML with types (``8080`` is a number, ``prod:`` is null): the schema admits
those where the loader takes the same text.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from engine.inventory.document import Document
from engine.inventory.scalars import NAME_PATTERN, duration_text
from engine.model.service import Amount

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NULLABLE = ("object", "array")


class _AsWritten(GenerateJsonSchema):
    """Shows defaults in the words of an inventory: ``5m`` and not 300.0."""

    def encode_default(self, dft: Any) -> Any:
        """The default of one key."""
        if isinstance(dft, BaseModel):
            return None
        if isinstance(dft, float):
            return duration_text(dft)
        return str(dft) if isinstance(dft, Amount) else super().encode_default(dft)


def json_schema() -> dict[str, Any]:
    """The schema of one file of an inventory. No section is required in it, because each of a
    folder's files holds only a part of the whole."""
    schema = Document.model_json_schema(schema_generator=_AsWritten, mode="validation")
    schema["$defs"]["Domains"] = {
        "type": "object",
        "description": "Failure domains inside this one",
        "propertyNames": {"pattern": NAME_PATTERN},
        "additionalProperties": {"$ref": "#/$defs/Domains"},
    }
    schema["properties"]["domains"] = {"$ref": "#/$defs/Domains"}
    del schema["required"]
    tidy: dict[str, Any] = _tidy(schema)
    return {"$schema": DIALECT, "title": "Interlock inventory", **tidy}


def _tidy(node: Any) -> Any:
    """Drop pydantic's titles and empty defaults; let what may be left blank be null."""
    if isinstance(node, list):
        return [_tidy(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: _tidy(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and _is_empty(value))
    }
    if kept.get("type") in _NULLABLE:
        kept["type"] = [kept["type"], "null"]
    return kept


def _is_empty(default: Any) -> bool:
    return default is not False and not default
