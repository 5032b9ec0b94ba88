"""What every section of the inventory is: a pydantic model that knows its keys, those of later
versions included, and takes a key with nothing after it for an empty table.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """Base of all sections. ``later`` are keys that other versions bring, refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    later: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _blank_is_empty(cls, data: Any) -> Any:
        return {} if data == "" else data
