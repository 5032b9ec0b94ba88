"""A hook beside the engine: a process group of its own, with the engine's environment, ended when
its time is over. It does not outlive the engine's orderly end; what a killed engine leaves is unknown.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

from engine.model.hook import Hook, HookState
from engine.model.snapshot import RunHook
from engine.model.text import printable

KEPT_BYTES = 64 * 1024
KEPT_LINES = 50
GRACE_S = 2.0

Over = tuple[HookState, str, tuple[str, ...]]
RunLocal = Callable[[RunHook, Hook], Awaitable[Over]]


async def run_local(act: RunHook, command: Hook) -> Over:
    """Run ``command``, the hook of ``act`` with its placeholders filled in; its state, a sentence,
    and the last lines that it wrote."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "INTERLOCK_STEP": act.step},
        )
    except (OSError, ValueError) as error:
        return HookState.FAILED, printable(f"{command.command[0]} cannot be run beside the engine: {error}"), ()
    kept = bytearray()
    reading = asyncio.create_task(_read(process, kept))
    try:
        async with asyncio.timeout(command.timeout_s):
            status = await process.wait()
    except TimeoutError:
        await _end(process)
        return HookState.FAILED, f"it took longer than {command.timeout_s:g} s and was ended", _lines(kept)
    except asyncio.CancelledError:
        _signal(process, signal.SIGKILL)
        raise
    finally:
        with suppress(TimeoutError):  # something it left behind may hold the pipe open for ever
            await asyncio.wait_for(reading, GRACE_S)
    if status == 0:
        return HookState.DONE, "", _lines(kept)
    return HookState.FAILED, f"it ended with status {status}", _lines(kept)


async def _read(process: asyncio.subprocess.Process, kept: bytearray) -> None:
    while process.stdout and (more := await process.stdout.read(8192)):
        kept += more
        del kept[:-KEPT_BYTES]


async def _end(process: asyncio.subprocess.Process) -> None:
    """Its whole group: asked first, killed two seconds later."""
    _signal(process, signal.SIGTERM)
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), GRACE_S)
    _signal(process, signal.SIGKILL)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _lines(kept: bytearray) -> tuple[str, ...]:
    lines = kept.decode("utf-8", "replace").splitlines()[-KEPT_LINES:]
    return tuple(printable(line, 500) for line in lines)
