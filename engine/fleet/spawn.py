"""Starting commands for embedded hosts, and collecting what dies.

A command belongs to its host, not to the SSH session that asked for it: when the session goes,
only the pipes close and the command goes on, as under a real SSH server. So the spawner holds
every running command itself (asyncio kills a subprocess whose transport is dropped), and it
collects the orphans that the fleet inherits as a subreaper.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from asyncio.subprocess import PIPE, Process, SubprocessStreamProtocol
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.fleet import processes

STREAM_LIMIT = 256 * 1024
REAP_DELAY_S = 0.005


@dataclass(frozen=True, slots=True)
class Spawned:
    """A command that was started, with our ends of its pipes."""

    process: Process
    transport: asyncio.SubprocessTransport

    def hang_up(self) -> None:
        """Close our ends of the pipes; the command goes on, and learns of it when it writes."""
        for number in range(3):
            pipe = self.transport.get_pipe_transport(number)
            if pipe:
                pipe.close()


class Spawner:
    """Starts commands in sessions of their own and reaps orphans; one for a whole fleet."""

    def __init__(self) -> None:
        self._running: dict[int, asyncio.Task[int]] = {}
        self._starting = 0
        self._reaping: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Become the parent of all orphans. Must run in the main thread, inside the loop.
        Raises OSError if the kernel refuses."""
        processes.become_subreaper()
        if sys.version_info < (3, 12):  # its default there holds a thread for every command
            watcher = asyncio.PidfdChildWatcher()
            watcher.attach_loop(asyncio.get_running_loop())
            asyncio.set_child_watcher(watcher)
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap_soon)

    async def start(self, argv: Sequence[str], environment: Mapping[str, str], folder: str) -> Spawned:
        """Start a command with pipes to all three of its streams. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._starting += 1
        try:
            transport, protocol = await loop.subprocess_exec(
                lambda: SubprocessStreamProtocol(STREAM_LIMIT, loop),
                *argv,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                cwd=folder,
                env=dict(environment),
                start_new_session=True,
            )
            process = Process(transport, protocol, loop)
            self._running[process.pid] = asyncio.create_task(self._hold(process))
        finally:
            self._starting -= 1
        return Spawned(process, transport)

    async def _hold(self, process: Process) -> int:
        try:
            return await process.wait()
        finally:
            self._running.pop(process.pid, None)

    def _reap_soon(self) -> None:
        if not self._reaping:
            self._reaping = asyncio.get_running_loop().call_later(REAP_DELAY_S, self._reap)

    def _reap(self) -> None:
        self._reaping = None
        if self._starting:  # a child that asyncio does not know yet must not be taken from it
            self._reap_soon()
        else:
            processes.reap(self._running)

    async def close(self) -> None:
        """Wait a moment for the commands still running, whose hosts must have been stopped."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2.0):
                await asyncio.gather(*self._running.values(), return_exceptions=True)
