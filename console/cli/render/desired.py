"""Desired versions as a file that ``apply`` reads back: ``prod: {checkout: 2.0.0}``."""

from __future__ import annotations

import re

from engine.model.text import printable

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.+~-]*|\d+(?:\.\d+){2,}[A-Za-z0-9_.+~-]*")
_WORDS_OF_YAML = frozenset(["y", "yes", "n", "no", "true", "false", "on", "off", "null"])


def write_desired(desired: dict[str, dict[str, str]]) -> str:
    """The file's text: environments and services in the order given."""
    lines = []
    for environment, services in desired.items():
        lines.append(f"{_scalar(environment)}:")
        lines += [f"  {_scalar(service)}: {_scalar(version)}" for service, version in services.items()]
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    """``text``, quoted where another reader could take it for a number or a truth."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
