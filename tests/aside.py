"""Something that lives on an event loop in a thread of its own, for tests that speak to it from outside
as any other program would.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class OnLoop:
    """Made on its loop; ``do`` reaches it from any other thread."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()

    def do(self, call: Callable[[], Any]) -> Any:
        """Call something on the loop; what it returns or raises."""
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(call())
            except BaseException as error:  # noqa: BLE001  # handed to the waiting thread
                done.set_exception(error)

        self.loop.call_soon_threadsafe(run)
        return done.result(30)


@contextmanager
def aside(make: Callable[[], AbstractAsyncContextManager[T]], within_s: float = 60.0) -> Iterator[T]:
    """What ``make`` makes, entered and left on a loop in another thread. What goes wrong there is raised here."""
    ready: Future[T] = Future()
    ends: list[Callable[[], object]] = []

    async def main() -> None:
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(over.set))
        try:
            async with make() as found:
                ready.set_result(found)
                await over.wait()
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    try:
        yield ready.result(within_s)
    finally:
        if thread.is_alive():
            for end in ends:
                end()
        thread.join(within_s)
        assert not thread.is_alive(), "it did not stop"
