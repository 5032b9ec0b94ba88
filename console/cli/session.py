"""What a command runs with: the global options, where the engine is, and where words go.

Data goes to stdout and narration to stderr, always; which of text and JSON the data is, is
the operator's choice.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from engine.api import address
from engine.api.client import Client
from engine.errors import InventoryInvalid, RequestRefused, UsageError
from engine.model.text import printable


@dataclass(frozen=True)
class Session:
    """The global options. ``environ`` is the process's environment."""

    inventory: str | None = None
    state: str | None = None
    engine: str | None = None
    output: str = "text"
    read_only: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def overridden(self, given: Mapping[str, Any]) -> Session:
        """The same with the options that were given after the subcommand."""
        return replace(self, **{name: value for name, value in given.items() if value})

    @property
    def wants_json(self) -> bool:
        """Whether data is to be JSON."""
        return self.output == "json"

    @cached_property
    def inventory_path(self) -> Path | None:
        """The inventory, None if there is none here."""
        return address.find_inventory(self.inventory, self.environ, Path())

    @cached_property
    def organization(self) -> str | None:
        """The inventory's organization, if both are known."""
        return address.organization_of(self.inventory_path) if self.inventory_path else None

    @cached_property
    def state_folder(self) -> Path | None:
        """Where this organization's engine keeps its state; None if that cannot be told."""
        if self.state or self.environ.get("INTERLOCK_STATE"):
            return address.state_folder(self.state, self.environ, None)
        return address.state_folder(None, self.environ, self.organization)

    @cached_property
    def engine_address(self) -> str:
        """The socket to talk to. Raises EngineUnreachable if nothing tells where."""
        if named := self.engine or self.environ.get("INTERLOCK_ENGINE"):
            # An address that is whole needs no inventory, nor that only one lies here.
            is_whole = not named.startswith(address.SCHEME) or "/" in named.removeprefix(address.SCHEME).rstrip("/")
            return address.engine_address(self.engine, self.environ, None, None if is_whole else self.organization)
        organization = self.organization if not self._has_own_socket() else None
        return address.engine_address(None, self.environ, self.state_folder, organization)

    def _has_own_socket(self) -> bool:
        return self.state_folder is not None and (self.state_folder / address.SOCKET_NAME).is_socket()

    def client(self, timeout_s: float | None = 30.0) -> Client:
        """A client of the engine; nothing is connected yet."""
        return Client(self.engine_address, timeout_s)

    def needed_inventory(self) -> Path:
        """The inventory, or a UsageError that says how to name one."""
        if self.inventory_path is None:
            raise UsageError(
                "There is no inventory here: name one with -i or INTERLOCK_INVENTORY (else ./interlock.yaml, "
                "./inventory.yaml or the only one in ./inventories is used)."
            )
        return self.inventory_path

    def needed_state(self) -> Path:
        """The state folder, or an error that says how to name one."""
        if self.state_folder is None:
            inventory = self.needed_inventory()
            raise InventoryInvalid((f"{inventory}:1: error organization: there is no `organization: NAME`",))
        return self.state_folder

    def refuse_if_read_only(self) -> None:
        """Raises RequestRefused under ``--read-only``; every command that asks for something calls it."""
        if self.read_only:
            raise RequestRefused("--read-only: nothing was asked of the engine.")

    def give(self, data: Any, text: Callable[[], str]) -> None:
        """Put the data on stdout: as JSON if that was asked, else as ``text()``."""
        if self.wants_json:
            click.echo(json.dumps(data, indent=2))
        elif shown := text():
            click.echo(shown)


def say(sentence: str) -> None:
    """A line of narration, on stderr."""
    click.echo("\n".join(printable(line) for line in sentence.splitlines()), err=True)


def is_terminal() -> bool:
    """Whether narration goes to a terminal that can redraw a line."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
