"""The engine's log: what must not get into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from engine import serve


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_traceback_shows_no_values(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    serve._set_up_logging(log_format)
    variables = {"DATABASE_PASSWORD": "sentinel-" + "secret"}
    try:
        variables["absent"]
    except KeyError:
        structlog.get_logger().exception("step failed inside the engine", step="s1")
    shown = capsys.readouterr().err
    assert "KeyError" in shown
    assert "sentinel-secret" not in shown
