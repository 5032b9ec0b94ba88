"""Versions and the constraints put on them.

A version's identity is its exact text; how texts are ordered is the service's choice of
scheme: ``pep440`` (through ``packaging``, pre-releases always admitted), ``semver`` (through
``semver``), or ``opaque`` (hashes and build names: never parsed, only ``==``).
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import semver
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

OPERATORS = ("==", "!=", ">=", "<=", ">", "<")
MAX_LENGTH = 128


class Scheme(StrEnum):
    """How the versions of a service are compared."""

    PEP440 = "pep440"
    SEMVER = "semver"
    OPAQUE = "opaque"


def is_safe(version: str) -> bool:
    """Whether the text may be a version at all: it becomes a folder name on hosts."""
    return (
        0 < len(version) <= MAX_LENGTH
        and version.isascii()
        and version[0].isalnum()
        and all(c.isalnum() or c in "._+-~" for c in version)
        and ".." not in version
    )


@lru_cache(maxsize=65536)
def problem_with(scheme: Scheme, version: str) -> str | None:
    """Why ``version`` is no version under ``scheme``, as a phrase; None if it is one."""
    if not is_safe(version):
        return "must start with a letter or digit and hold only letters, digits and . _ + - ~"
    try:
        if scheme is Scheme.PEP440:
            Version(version)
        elif scheme is Scheme.SEMVER:
            semver.Version.parse(version)
    except (InvalidVersion, ValueError):
        return f"is not a {scheme.value} version (set `versions:` of the service to another scheme)"
    return None


@lru_cache(maxsize=65536)
def sort_key(scheme: Scheme, version: str) -> tuple[int, object, str]:
    """A key that orders versions of one service, oldest first.

    Opaque versions, and texts that the scheme cannot read, keep the order of their text and
    come before all readable ones.
    """
    try:
        if scheme is Scheme.PEP440:
            return (1, Version(version), version)
        if scheme is Scheme.SEMVER:
            return (1, semver.Version.parse(version), version)
    except (InvalidVersion, ValueError):
        pass
    return (0, version, version)


def is_downgrade(scheme: Scheme, old: str, new: str) -> bool:
    """Whether going from ``old`` to ``new`` goes back; never true for opaque versions."""
    if scheme is Scheme.OPAQUE:
        return False
    return sort_key(scheme, new) < sort_key(scheme, old)


@lru_cache(maxsize=65536)
def problem_with_constraint(scheme: Scheme, constraint: str) -> str | None:
    """Why ``constraint`` cannot be used under ``scheme``, as a phrase; None if it can."""
    if not constraint.strip():
        return None
    if scheme is Scheme.PEP440:
        try:
            SpecifierSet(constraint)
        except InvalidSpecifier:
            return "is not a version constraint such as >=2.3,<4"
        return _contradiction(scheme, constraint)
    for operator, text in _clauses(constraint):
        if operator is None:
            return "is not a version constraint such as >=2.3.0,<4.0.0"
        if scheme is Scheme.OPAQUE and operator != "==":
            return "compares opaque versions: only == is possible"
        if scheme is Scheme.SEMVER and problem_with(scheme, text) is not None:
            return f"names {text}, which is not a semver version"
    return _contradiction(scheme, constraint) if scheme is Scheme.SEMVER else None


def _contradiction(scheme: Scheme, constraint: str) -> str | None:
    """Why no version whatever can lie within the constraint, as far as its bounds tell."""
    clauses = [(op, text) for op, text in _clauses(constraint) if op and not problem_with(scheme, text)]
    lower = [(sort_key(scheme, text)[:2], op == ">") for op, text in clauses if op in (">", ">=")]
    upper = [(sort_key(scheme, text)[:2], op == "<") for op, text in clauses if op in ("<", "<=")]
    if lower and upper:
        (low, above), (high, below) = max(lower), min(upper, key=lambda bound: (bound[0], not bound[1]))
        if low > high or (low == high and (above or below)):
            return "admits no version at all: its bounds leave nothing between them"
    exact = [text for op, text in clauses if op == "=="]
    if any(not satisfies(scheme, text, constraint) for text in exact):
        return "admits no version at all: it asks for one that it also leaves out"
    return None


@lru_cache(maxsize=262144)
def satisfies(scheme: Scheme, version: str, constraint: str) -> bool:
    """Whether ``version`` lies within ``constraint`` ("" admits everything).

    A version that the scheme cannot read satisfies no constraint but the empty one: what
    cannot be understood is never called compatible.
    """
    if not constraint.strip():
        return True
    try:
        if scheme is Scheme.PEP440:
            return SpecifierSet(constraint).contains(Version(version), prereleases=True)
        return all(_holds(scheme, version, op, text) for op, text in _clauses(constraint))
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return False


def _clauses(constraint: str) -> list[tuple[str | None, str]]:
    """The comma-separated clauses as (operator, version); the operator is None if unknown."""
    found: list[tuple[str | None, str]] = []
    for clause in (part.strip() for part in constraint.split(",")):
        operator = next((op for op in OPERATORS if clause.startswith(op)), None)
        found.append((operator, clause[len(operator or "") :].strip()))
    return found


def _holds(scheme: Scheme, version: str, operator: str | None, text: str) -> bool:
    if operator is None:
        raise ValueError(text)
    if scheme is Scheme.OPAQUE:
        return operator == "==" and version == text
    order = semver.Version.parse(version).compare(text)
    return {
        "==": order == 0,
        "!=": order != 0,
        ">=": order >= 0,
        "<=": order <= 0,
        ">": order > 0,
        "<": order < 0,
    }[operator]
