"""The forecast beside the loop: a process of its own computes it, so that the loop is never held.

The process is started when it is first needed and lives until the engine closes its pipe; it
reads snapshots and answers with forecasts, both pickled, each after its length. It is given a
deadline: one that is late is ended and a new one started for the next question. ``python -m
engine.runtime.forecaster`` is that process.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import struct
import sys
from typing import BinaryIO, cast

import structlog

from engine.model.forecast import Forecast
from engine.model.snapshot import Snapshot
from engine.plan.forecast import forecast

log = structlog.get_logger()
DEADLINE_S = 20.0
NICE = 5  # the hosts' work goes before
LENGTH = struct.Struct(">Q")


class Forecaster:
    """One forecast at a time."""

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def forecast(self, snapshot: Snapshot) -> Forecast | None:
        """What is foreseen; None if it could not be had in time."""
        question = await asyncio.to_thread(pickle.dumps, snapshot, pickle.HIGHEST_PROTOCOL)
        async with self._turn:
            try:
                async with asyncio.timeout(self._deadline_s):
                    answer = await self._ask(question)
            except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
                log.warning("no forecast", reason=str(error) or type(error).__name__)
                await self._end()
                return None
            except asyncio.CancelledError:
                await self._end()  # its answer would be taken for that of the next question
                raise
        return cast(Forecast, pickle.loads(answer))  # noqa: S301  # from a process of our own

    async def close(self) -> None:
        """End the process."""
        async with self._turn:
            await self._end()

    async def _ask(self, question: bytes) -> bytes:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "engine.runtime.forecaster",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
        given, taken = self._process.stdin, self._process.stdout
        if given is None or taken is None:
            raise OSError("the forecasting process has no pipes")
        given.write(LENGTH.pack(len(question)) + question)
        await given.drain()
        (length,) = LENGTH.unpack(await taken.readexactly(LENGTH.size))
        return await taken.readexactly(length)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()


def answer(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more questions."""
    while head := questions.read(LENGTH.size):
        (length,) = LENGTH.unpack(head)
        snapshot = cast(Snapshot, pickle.loads(questions.read(length)))  # noqa: S301  # from the engine
        found = pickle.dumps(forecast(snapshot), pickle.HIGHEST_PROTOCOL)
        answers.write(LENGTH.pack(len(found)) + found)
        answers.flush()


if __name__ == "__main__":
    os.nice(NICE)
    answer(sys.stdin.buffer, sys.stdout.buffer)
