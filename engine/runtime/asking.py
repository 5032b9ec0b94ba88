"""Asks one alarm once: a Prometheus server, an HTTP endpoint, or a command on this machine.
Whatever is not plainly an answer is ``unknown``, with the reason in words.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from engine.model.alarm import AlarmPolicy, Verdict
from engine.model.text import printable

MAX_BODY = 1_000_000
NOT_RUN = (126, 127)  # what a shell says of a command that it could not run


@dataclass(frozen=True, slots=True)
class Answer:
    """What one look brought, and why, in words."""

    verdict: Verdict
    detail: str = ""


async def ask(policy: AlarmPolicy) -> Answer:
    """One look at an alarm. Never raises for anything that it may find."""
    if policy.command:
        return await _run(policy.command)
    url = f"{policy.prometheus}/api/v1/query?{urlencode({'query': policy.query})}" if policy.prometheus else policy.http
    try:
        status, body = await asyncio.to_thread(_get, url, policy.timeout_s)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(Verdict.UNKNOWN, printable(f"{_shown(url)} cannot be reached: {error}"))
    if policy.prometheus:
        return _samples(status, body)
    if 200 <= status < 300:
        return Answer(Verdict.CLEAR)
    return Answer(Verdict.FIRING, printable(f"{_shown(url)} answers {status}: {body[:200].decode('utf-8', 'replace')}"))


def _get(url: str, timeout_s: float) -> tuple[int, bytes]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request("GET", target, headers={"User-Agent": "interlock", "Accept": "application/json, */*"})
        response = connection.getresponse()
        return response.status, response.read(MAX_BODY)
    finally:
        connection.close()


def _samples(status: int, body: bytes) -> Answer:
    """What a Prometheus server says to a query: any sample fires."""
    try:
        said: Any = json.loads(body)
        if said["status"] != "success":
            return Answer(Verdict.UNKNOWN, printable(f"Prometheus refuses the query: {said.get('error', status)}"))
        kind, found = said["data"]["resultType"], said["data"]["result"]
        if kind != "vector" or not isinstance(found, list):
            return Answer(Verdict.UNKNOWN, printable(f"the query gives a {kind}, and a vector is needed"))
        if not found:
            return Answer(Verdict.CLEAR)
        labels = ", ".join(f"{key}={value}" for key, value in sorted(found[0]["metric"].items()))
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        return Answer(Verdict.FIRING, printable(f"{{{labels}}} is {found[0]['value'][1]}{more}"))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return Answer(Verdict.UNKNOWN, f"the answer (status {status}) is not one of Prometheus's")


async def _run(command: tuple[str, ...]) -> Answer:
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return Answer(Verdict.UNKNOWN, printable(f"{command[0]} cannot be run: {error}"))
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:  # it took too long: end it with all that it started
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    lines = output.decode("utf-8", "replace").strip().splitlines()
    said = printable(f"{command[0]} ended with status {process.returncode}{': ' + lines[-1] if lines else ''}")
    if process.returncode == 0:
        return Answer(Verdict.CLEAR)
    unknown = process.returncode in NOT_RUN or (process.returncode or 0) < 0
    return Answer(Verdict.UNKNOWN if unknown else Verdict.FIRING, said)


def _shown(url: str) -> str:
    """The URL without a password or a query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
