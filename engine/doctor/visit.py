"""Visits hosts, in parallel, and has what they say judged. Needs no engine and takes no claim."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path

from engine import drivers
from engine.doctor.finding import Finding, Severity
from engine.doctor.judge import judge
from engine.doctor.needs import needs_of
from engine.errors import HostKeyMismatch, InterlockError, LoginRefused, TransportError
from engine.model.inventory import Inventory
from engine.transport.protocol import Transport

AT_ONCE = 50
# Findings after which a host need not be asked for anything else.
UNREACHED = frozenset({"host-key", "login", "reach", "answer"})


async def visit(
    inventory: Inventory,
    transport: Transport,
    hosts: Sequence[str],
    *,
    trust_new: bool = False,
    install: Mapping[str, str] | None = None,
) -> AsyncGenerator[list[Finding], None]:
    """The findings of each host, as hosts answer. ``trust_new``: keys that are not on record yet
    are recorded, and said so; a key that differs from the recorded one never is. ``install``: for
    each host the login for which the host script becomes root's own (none: nothing is installed)."""
    turns = asyncio.Semaphore(AT_ONCE)
    book = asyncio.Lock()

    async def one(host: str) -> list[Finding]:
        async with turns:
            found = await _visit(inventory, transport, host, book if trust_new else None)
            reached = all(each.rule not in UNREACHED for each in found)
            return [*found, await _install(transport, host, install[host])] if install and reached else found

    for next_done in asyncio.as_completed([asyncio.create_task(one(host)) for host in hosts]):
        yield await next_done


async def _visit(inventory: Inventory, transport: Transport, host: str, book: asyncio.Lock | None) -> list[Finding]:
    try:
        return await _inspect(inventory, transport, host)
    except HostKeyMismatch as error:
        if book is None or not error.line:
            remedy = "compare the key with the host's own, then interlock doctor --trust-new" if error.line else ""
            return [Finding(host, Severity.ERROR, "host-key", str(error), remedy)]
        async with book:
            recorded = await asyncio.to_thread(_record, host, error)
        if recorded.severity is Severity.ERROR:
            return [recorded]
    except InterlockError as error:
        return [_trouble(host, error)]
    try:
        return [recorded, *await _inspect(inventory, transport, host)]
    except InterlockError as error:
        return [recorded, _trouble(host, error)]


async def _inspect(inventory: Inventory, transport: Transport, host: str) -> list[Finding]:
    needs = needs_of(inventory, host)
    command = drivers.inspect(needs.bases, needs.users)
    await transport.run(host, command)  # the first call connects and brings the script
    began, began_s = time.time(), time.monotonic()
    found = drivers.parse_inspect(await transport.run(host, command))
    took_s = time.monotonic() - began_s
    return judge(host, needs, found, found.clock_s - (began + took_s / 2), took_s * 1000)


def _record(host: str, error: HostKeyMismatch) -> Finding:
    """Append the key to the file in which it is missing."""
    file = Path(error.file)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as opened:
            opened.write(error.line + "\n")
    except OSError as failure:
        message = f"its key cannot be recorded in {file}: {failure.strerror}"
        return Finding(host, Severity.ERROR, "host-key", message, "mend the file's permissions")
    return Finding(host, Severity.WARNING, "host-key", f"its key is recorded in {file} now: {error.line}")


def _trouble(host: str, error: InterlockError) -> Finding:
    rule = "login" if isinstance(error, LoginRefused) else "reach" if isinstance(error, TransportError) else "answer"
    return Finding(host, Severity.ERROR, rule, str(error))


async def _install(transport: Transport, host: str, login: str) -> Finding:
    """Make the host script root's own there, and let ``login`` run it."""
    try:
        done, said = drivers.parse_install(await transport.run(host, drivers.install(login)))
    except InterlockError as error:
        return _trouble(host, error)
    if not done:
        remedy = "give a login that may become root now: --login USER"
        return Finding(host, Severity.ERROR, "install", f"nothing was installed: {said}", remedy)
    return Finding(host, Severity.OK, "install", f"the host script is root's own; sudoers says: {said}")
