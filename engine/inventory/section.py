"""What every section of the inventory is: a pydantic model that knows its keys, and takes a key with
nothing after it for an empty table.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, create_model, model_validator


class Section(BaseModel):
    """Base of all sections: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _blank_is_empty(cls, data: Any) -> Any:
        return {} if data == "" else data

    @classmethod
    def kinds(cls) -> list[type[Section]]:
        """Every kind of section there is; those that only lend their keys are left out."""
        found: list[type[Section]] = []
        for each in cls.__subclasses__():
            found += [*([] if each.__name__.startswith("_") else [each]), *each.kinds()]
        return found


def section_with(name: str, fields: dict[str, Any]) -> Any:
    """A base for sections with keys that Python reserves (``from``, ``except``): they cannot be
    written as fields of a class, and are read with getattr."""
    return create_model(name, __base__=Section, **fields)
