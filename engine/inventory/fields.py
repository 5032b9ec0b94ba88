"""Kinds of text that several sections take: logins, URLs, paths, labels, placeholders."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from engine.inventory.faults import quote
from engine.inventory.scalars import (
    Blank,
    FreeText,
    Name,
    mismatch,
    problem,
)

Labels = Annotated[dict[Name, FreeText], Blank]
# What engine.drivers fills in for each placement.
PLACEHOLDERS = ("address", "host", "version", "environment", "service")
_ENVIRONMENT_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)
_LOGIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}\Z", re.ASCII)
_BASE = re.compile(r"[A-Za-z0-9._/-]{1,200}\Z", re.ASCII)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_URL = re.compile(r"https?://[^\s/]+(/\S*)?\Z", re.ASCII)


def matching(pattern: re.Pattern[str], expected: str) -> Any:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not pattern.match(value):
            raise mismatch(expected, value)
        return value

    return PlainValidator(read)


def refuse_unknown_placeholder(text: str) -> None:
    """A mistyped ``{addres}`` would be asked for as it stands, and never answer."""
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            raise problem(f"no placeholder is called {quote(name)}; known: {', '.join(PLACEHOLDERS)}")


def _url(value: Any) -> str:
    if not isinstance(value, str) or not _URL.match(value):
        raise mismatch("a URL such as http://127.0.0.1:8080/healthz", value)
    refuse_unknown_placeholder(value)
    return value


def schema(**schema: Any) -> Any:
    return WithJsonSchema(schema)


Login = Annotated[str, matching(_LOGIN, "the name of a user on the host"), schema(type="string")]
Variable = Annotated[str, matching(_ENVIRONMENT_VARIABLE, "a variable's name such as PORT"), schema(type="string")]
Url = Annotated[str, PlainValidator(_url), schema(type="string")]
BasePath = Annotated[str, matching(_BASE, "a path of letters, digits and . _ - /"), schema(type="string")]


_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*(?:\{version\}[A-Za-z0-9._-]*)\Z", re.ASCII)
_OPTION = re.compile(r"--?[A-Za-z0-9][A-Za-z0-9._:/@+~=,%{}\[\]-]*\Z", re.ASCII)
# What Interlock sets itself, or what would keep it from finding its container again.
_OWN_OPTIONS = (
    *("--name", "--restart", "--rm", "--replace", "--detach", "-d", "--pull", "--interactive", "-i", "--tty", "-t"),
    *("-it", "--cidfile", "--pod", "--help", "-h"),
)


def _image(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 300 or not _IMAGE.match(value):
        raise mismatch("an image that ends with {version}, such as registry.example/app:{version}", value)
    return value


def _option(value: Any) -> str:
    if not isinstance(value, str) or not _OPTION.match(value):
        raise mismatch("an option of podman run or docker run in one word, such as --publish=8080:80", value)
    if value.partition("=")[0] in _OWN_OPTIONS:
        raise problem(f"{quote(value.partition('=')[0])} is set by Interlock itself; remove it")
    refuse_unknown_placeholder(value)
    return value


Image = Annotated[str, PlainValidator(_image), schema(type="string")]
Option = Annotated[str, PlainValidator(_option), schema(type="string")]


def raw(value: Any) -> Any:
    return value
