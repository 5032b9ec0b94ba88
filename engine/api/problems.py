"""Every refusal as the same JSON: a sentence, and the names that are near.

Nothing a client can send is answered with 5xx; what does come out as 500 is a bug, named as
one, with its traceback in the engine's log.
"""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from engine.api.protocol import Problem
from engine.api.refusals import Refusals
from engine.errors import InterlockError, RequestDenied, RequestRefused, UsageError
from engine.model.text import did_you_mean, near, printable

log = logging.getLogger(__name__)


class Reply(Response):
    """A JSON answer. ASCII only, so that no text in it can be impossible to encode."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes of ``content``."""
        return json.dumps(content, separators=(",", ":")).encode("ascii")


class UnknownName(UsageError):
    """A name that is not known, with those it may have been meant to be."""

    def __init__(self, what: str, name: str, known: list[str]) -> None:
        self.nearest = near(name, known)
        super().__init__(f"There is no {what} {printable(name, 80)!r}{did_you_mean(self.nearest)}.")


def problem(status: int, sentence: str, nearest: list[str] | None = None) -> Reply:
    """A refusal as an answer."""
    body: Problem = {"error": sentence, "nearest": nearest or []}
    return Reply(body, status_code=status)


def install(app: FastAPI) -> None:
    """Answer every exception of ``app`` with a Problem, and note what was refused."""
    app.state.refusals = Refusals()
    app.add_exception_handler(InterlockError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, InterlockError)  # noqa: S101  # what it is installed for
    request.app.state.refusals.keep(request, error)
    nearest = list(getattr(error, "nearest", ()))
    if isinstance(error, RequestDenied):
        return problem(HTTPStatus.FORBIDDEN, str(error), nearest)
    if isinstance(error, RequestRefused):
        return problem(HTTPStatus.CONFLICT, str(error), nearest)
    if isinstance(error, UnknownName):
        return problem(HTTPStatus.NOT_FOUND, str(error), nearest)
    if isinstance(error, UsageError):
        return problem(HTTPStatus.BAD_REQUEST, str(error), nearest)
    return problem(HTTPStatus.CONFLICT, str(error), nearest)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # what it is installed for
    complaint = "; ".join(_complaint(e) for e in error.errors()[:5]) + "."
    request.app.state.refusals.keep(request, complaint)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, complaint)


def _complaint(error: Any) -> str:
    """One finding of pydantic's, without the input that caused it."""
    place = ".".join(printable(str(part), 80) for part in error.get("loc", ()) if part not in ("body", "query", "path"))
    return f"{place or 'the request'}: {printable(str(error.get('msg', 'is not valid')), 300)}"


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # what it is installed for
    if error.status_code == HTTPStatus.NOT_FOUND:
        sentence = f"There is nothing at {printable(request.url.path, 200)}; /openapi.json lists what there is."
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        sentence = f"{printable(request.url.path, 200)} does not take {printable(request.method, 20)}."
    else:
        sentence = printable(str(error.detail), 300)
    answer = problem(error.status_code, sentence)
    answer.headers.update(error.headers or {})
    return answer


async def _bug(request: Request, error: Exception) -> Response:
    log.error("answering %s failed", printable(request.url.path, 200), exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"The engine failed while answering ({type(error).__name__}): this is a bug; nothing was changed by this "
        "request unless `history` shows it; the engine's log has the traceback.",
    )
