"""Requests generated from the API's own schemas, by schemathesis: valid ones, and ones that break a rule.
None is answered with 5xx, and every answer has a status and a shape that /openapi.json promises.

A fixed number of examples, the same in every run; INTERLOCK_EXAMPLES tries more of them for each operation.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any, cast

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from schemathesis import Case, GenerationMode, checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from engine.api.port import Port
from engine.api.server import create_app
from tests.api.served import Served, served
from tests.api.small_engine import SmallEngine
from tests.api.unix_adapter import BASE, session

EXAMPLES = int(os.environ.get("INTERLOCK_EXAMPLES", "5"))
# A stream that never ends has tests of its own.
WITHOUT_END = "/v1/watch"
# Without these few random texts would ever get past the check of names.
KNOWN = (
    "ledger", "checkout", "ledger@prod", "checkout@staging", "search@prod", "prod", "staging", "prod-eu-a1", "1", "2",
    "1.1.0", "2.0.0", "hold", "revert_all", "again", "done", "window", "1h", "2026-11-24T18:00:00Z",
)  # fmt: skip
PROMISES = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


async def _document() -> Any:
    return create_app(cast(Port, SmallEngine())).openapi()


SCHEMA = schemathesis.openapi.from_dict(asyncio.run(_document()))
OPERATIONS = {each.ok().label: each.ok() for each in SCHEMA.get_all_operations()}  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("engine") / "engine.sock") as found:
        yield found


@pytest.fixture(scope="module")
def through(engine: Served) -> Iterator[requests.Session]:
    with session(engine.address) as made:
        yield made


def _with_known(draw: some.DrawFn, value: Any) -> Any:
    """The same, with names that the engine knows in place of about half of its texts."""
    if isinstance(value, dict):
        return {
            (draw(some.sampled_from(KNOWN)) if name in ("", "0") else name): _with_known(draw, each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_with_known(draw, each) for each in value]
    if isinstance(value, str) and draw(some.booleans()):
        return draw(some.sampled_from(KNOWN))
    return value


@some.composite
def requests_of(draw: some.DrawFn, name: str, mode: GenerationMode) -> Case:
    """A request of one operation."""
    case = draw(OPERATIONS[name].as_strategy(mode))
    for place in ("path_parameters", "query", "body"):
        value = getattr(case, place)
        if isinstance(value, dict):
            setattr(case, place, _with_known(draw, value))
    return case


def _taking(mode: GenerationMode) -> list[tuple[str, GenerationMode]]:
    """The operations of which such requests can be made: any text will do for a part of a path, so that without a
    query or a body there is no rule to break."""
    every = [(name, each) for name, each in OPERATIONS.items() if WITHOUT_END not in name]
    return [(name, mode) for name, each in every if mode is GenerationMode.POSITIVE or each.body or each.query]


@pytest.mark.parametrize(
    ("name", "mode"),
    [each for mode in GenerationMode for each in _taking(mode)],
    ids=lambda each: getattr(each, "value", each),
)
def test_every_answer_is_one_that_was_promised(name: str, mode: GenerationMode, through: requests.Session) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests_of(name, mode))
    def holds(case: Case) -> None:
        case.call_and_validate(base_url=BASE, session=through, checks=PROMISES)

    holds()
