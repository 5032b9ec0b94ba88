"""The file of desired versions: ``prod: {checkout: 2.0.0, ledger: 3.1.0}``.

Every scalar is text: 1.10 stays 1.10. The parser's events are walked instead of its objects,
so that a hostile file (aliases, tags, depth) is refused at the line where it turns hostile.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from engine.errors import UsageError
from engine.model.text import printable

MAX_BYTES = 1_000_000


def read_desired(file: str) -> dict[str, dict[str, str]]:
    """The desired versions in ``file`` ("-" is stdin), by environment and service.

    Raises UsageError, naming the line, for anything that is not environments with services
    with versions.
    """
    text = _read(file)
    try:
        return _Reader(file, yaml.parse(text, Loader=yaml.SafeLoader)).document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{file}:{line}: this is not YAML: {printable(error.problem or str(error), 200)}.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{file}: this is not YAML: {printable(str(error), 200)}.") from error


def _read(file: str) -> str:
    try:
        if file == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(file).open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}.") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"{file} is larger than 1 MB: this is no file of desired versions.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text.") from error


class _Reader:
    """The grammar: a mapping of mappings of scalars, and nothing else."""

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self._file = file
        self._events = (e for e in events if not isinstance(e, yaml.StreamStartEvent | yaml.DocumentStartEvent))

    def document(self) -> dict[str, dict[str, str]]:
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent) or (isinstance(event, yaml.ScalarEvent) and not event.value):
            return {}
        found: dict[str, dict[str, str]] = {}
        self._expect(event, yaml.MappingStartEvent, "environments, as in `prod: {checkout: 2.0.0}`")
        for environment, event in self._entries("an environment", found):
            found[environment] = self._services(event)
        return found

    def _services(self, event: yaml.Event) -> dict[str, str]:
        if isinstance(event, yaml.ScalarEvent) and not event.value:
            return {}
        self._expect(event, yaml.MappingStartEvent, "services with versions, as in {checkout: 2.0.0}")
        services: dict[str, str] = {}
        for service, value in self._entries("a service", services):
            services[service] = self._scalar(value, "a version")
        return services

    def _entries(
        self, what: str, known: dict[str, str] | dict[str, dict[str, str]]
    ) -> Iterator[tuple[str, yaml.Event]]:
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            name = self._scalar(key, what)
            if name in known:
                raise self._error(key, f"{printable(name, 80)} stands here a second time")
            yield name, next(self._events)

    def _scalar(self, event: yaml.Event, what: str) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self._error(event, f"{what} was expected")
        if not event.value or event.anchor or (event.tag and event.tag != "!"):
            raise self._error(event, f"{what} was expected, as plain text")
        return str(event.value)

    def _expect(self, event: yaml.Event, kind: type[yaml.Event], what: str) -> None:
        if not isinstance(event, kind):
            raise self._error(event, f"{what} was expected")

    def _error(self, event: yaml.Event, problem: str) -> UsageError:
        line = event.start_mark.line + 1 if event.start_mark else 1
        return UsageError(f"{self._file}:{line}: {problem}. Nothing was queued.")
