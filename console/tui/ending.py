"""Leaving by a signal. SIGTERM, and the SIGHUP of a terminal that is gone, ask the application to end, as
``q`` does: an exception thrown through the loop instead would leave Textual's threads behind, and one of
them would read a terminal that is gone for ever, as fast as it can."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from textual.app import App

BY_SIGNAL = 128  # and the signal's number: the exit status that shells know


@contextmanager
def ended_by_signal(app: App[int]) -> Iterator[None]:
    """While the block runs, these signals end the application; its result is the exit status."""

    def end(number: int, frame: object) -> None:
        if number == signal.SIGHUP:
            _drop_terminal()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # it does not run yet, or no more
            raise SystemExit(BY_SIGNAL + number) from None
        loop.call_soon_threadsafe(app.exit, BY_SIGNAL + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _drop_terminal() -> None:
    """Nobody reads it any more, and writing to it would fail."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
