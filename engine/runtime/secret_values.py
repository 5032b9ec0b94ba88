"""Secrets, read where the inventory says at the moment when they are used, and let go of after it.

Nothing here is shown: no value is part of an error, of a repr or of what a host answers.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.errors import SecretMissing
from engine.model.hook import SecretSource

MAX_BYTES = 256 * 1024
SHORTEST_HIDDEN = 6  # what is shorter would blacken every other word of a log
HIDDEN = "[secret]"


class Secrets:
    """The values by the names of their variables. ``hide`` takes them out of a text."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self.values))})"

    def hide(self, text: str) -> str:
        """The text with every value of some length, and every line of one, replaced."""
        for value in self._hidden():
            text = text.replace(value, HIDDEN)
        return text

    def hide_lines(self, lines: Iterable[str]) -> tuple[str, ...]:
        """The same for the lines of a log."""
        return tuple(self.hide(line) for line in lines)

    def _hidden(self) -> list[str]:
        parts = {part for value in self.values.values() for part in (value, *value.splitlines())}
        return sorted((part for part in parts if len(part) >= SHORTEST_HIDDEN), key=len, reverse=True)


async def read_secrets(sources: Mapping[str, SecretSource]) -> Secrets:
    """Every value now. Raises SecretMissing, which names the variable and its source."""
    if not sources:
        return Secrets({})
    return Secrets({name: await asyncio.to_thread(_read, name, source) for name, source in sorted(sources.items())})


def _read(name: str, source: SecretSource) -> str:
    if source.env:
        value = os.environ.get(source.env)
        if value is None:
            raise SecretMissing(
                f"the secret {name} is to come from the variable {source.env}, which the engine's environment lacks: "
                "set it and start the engine anew; nothing was switched"
            )
    else:
        value = _content(name, source.file)
    if "\0" in value:
        raise SecretMissing(
            f"the secret {name} holds a NUL character, which no variable can hold; nothing was switched"
        )
    return value


def _content(name: str, path: str) -> str:
    """A file's text without the newline that an editor leaves at its end."""
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise SecretMissing(f"the secret {name}: {path} has more than {MAX_BYTES:,} bytes; nothing was switched")
        text = data.decode()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is no UTF-8 text"
        raise SecretMissing(f"the secret {name} cannot be read from {path}: {why}; nothing was switched") from None
    return text.removesuffix("\n").removesuffix("\r")
