"""Hooks and secrets as people write them, and what they come to."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from engine.inventory.faults import Faults, quote
from engine.inventory.fields import Variable
from engine.inventory.files import absolute
from engine.inventory.reading import Path, Read
from engine.inventory.scalars import BlankList, PositiveDuration, Text, mismatch, problem
from engine.inventory.section import Section
from engine.model.hook import ENGINE, Hook, HookName, Hooks, SecretSource


class HookEntry(Section):
    """A command around the move of a placement."""

    command: Annotated[list[Text], BlankList] = Field(description="The command and its arguments, run as they stand")
    on: Text = Field(default="", description="A host by name, or `engine`; default: the placement itself")
    timeout: PositiveDuration = Field(default=60.0, description="It is ended, and has failed, when it takes longer")

    @model_validator(mode="after")
    def _has_a_command(self) -> HookEntry:
        if not self.command:
            raise mismatch("a command such as [bin/drain, --wait]", "")
        return self


class OnceEntry(Section):
    """A migration: run at most once for each change, on the first placement, before any is drained."""

    command: Annotated[list[Text], BlankList] = Field(description="The command and its arguments, run as they stand")
    on: Text = Field(default="", description="A host by name, or `engine`; default: the first placement")
    timeout: PositiveDuration = Field(default=600.0, description="It is ended, and has failed, when it takes longer")

    @model_validator(mode="after")
    def _has_a_command(self) -> OnceEntry:
        if not self.command:
            raise mismatch("a command such as [bin/migrate]", "")
        return self


class HooksEntry(Section):
    """Commands of your own around the move of a placement."""

    once: OnceEntry | None = None
    pre: HookEntry | None = None
    drain: HookEntry | None = None
    undrain: HookEntry | None = None
    post: HookEntry | None = None

    @model_validator(mode="after")
    def _undrain_has_a_drain(self) -> HooksEntry:
        if self.undrain is not None and self.drain is None:
            raise problem("undrain without drain: it runs after a drain only; declare drain too")
        return self


class SecretEntry(Section):
    """Where the engine reads a secret when it is used: exactly one of env and file."""

    env: Variable = Field(default="", description="A variable of the engine's own environment")
    file: Text = Field(default="", description="A file on the engine's machine, relative to the inventory's folder")

    @model_validator(mode="after")
    def _exactly_one(self) -> SecretEntry:
        if bool(self.env) is bool(self.file):
            raise problem(f"expected exactly one of env and file, found {'both' if self.env else 'none of them'}")
        return self


def make_hooks(entry: HooksEntry | None) -> Hooks:
    """The hooks of a service."""
    if entry is None:
        return Hooks()

    def made(name: HookName) -> Hook | None:
        found: HookEntry | OnceEntry | None = getattr(entry, name.value)
        return Hook(tuple(found.command), found.on, found.timeout) if found else None

    return Hooks(**{name.value: made(name) for name in HookName})


def make_secrets(entries: Mapping[str, SecretEntry], file: str) -> dict[str, SecretSource]:
    """The secrets of a service that is written in ``file``."""
    folder = os.path.dirname(file)
    return {name: SecretSource(entry.env, absolute(entry.file, folder)) for name, entry in entries.items()}


def check_hooks(read: Read[Any], hooks: Hooks, hosts: Collection[str], faults: Faults) -> None:
    """Hooks run on hosts that there are."""
    for name in HookName:
        hook = hooks.get(name)
        if hook is not None and hook.on and hook.on != ENGINE and hook.on not in hosts:
            path: Path = ("hooks", name.value, "on")
            hint = faults.suggest(hook.on, [*hosts, ENGINE], "host")
            faults.add(read.at(*path), "unknown-name", f"{read.name(*path)}: no host is called {quote(hook.on)}{hint}")


def check_secrets(read: Read[Any], secrets: Collection[str], variables: Collection[str], faults: Faults) -> None:
    """A name is a secret or a variable, not both."""
    for name in sorted(set(secrets) & set(variables)):
        path: Path = ("secrets", name)
        message = f"{read.name(*path)}: {name} is in environment_variables too; leave it there or make it a secret"
        faults.add(read.at(*path), "conflict", message)
