"""Python's cycle collector, kept out of the way where much is made that stays: it looks through a
million young nodes again and again, which nearly doubles the time, and finds nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No collection of cycles inside the block; as it was before after it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def settle() -> None:
    """What has been made by now stays for as long as the process: no later collection looks at it. With
    a large estate one would hold the loop for hundreds of milliseconds."""
    gc.collect()
    gc.freeze()
