"""Secrets as people write them, and what they come to."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import Field, model_validator

from engine.inventory.faults import Faults
from engine.inventory.fields import Variable
from engine.inventory.files import absolute
from engine.inventory.reading import Path, Read
from engine.inventory.scalars import Text, problem
from engine.inventory.section import Section
from engine.model.hook import SecretSource


class SecretEntry(Section):
    """Where the engine reads a secret when it is used: exactly one of env and file."""

    env: Variable = Field(default="", description="A variable of the engine's own environment")
    file: Text = Field(default="", description="A file on the engine's machine, relative to the inventory's folder")

    @model_validator(mode="after")
    def _exactly_one(self) -> SecretEntry:
        if bool(self.env) is bool(self.file):
            raise problem(f"expected exactly one of env and file, found {'both' if self.env else 'none of them'}")
        return self


def make_secrets(entries: Mapping[str, SecretEntry], file: str) -> dict[str, SecretSource]:
    """The secrets of a service that is written in ``file``."""
    folder = os.path.dirname(file)
    return {name: SecretSource(entry.env, absolute(entry.file, folder)) for name, entry in entries.items()}


def check_secrets(read: Read[Any], secrets: Collection[str], variables: Collection[str], faults: Faults) -> None:
    """A name is a secret or a variable, not both."""
    for name in sorted(set(secrets) & set(variables)):
        path: Path = ("secrets", name)
        message = f"{read.name(*path)}: {name} is in environment_variables too; leave it there or make it a secret"
        faults.add(read.at(*path), "conflict", message)
