"""Input of a command as a stream of pieces: a file of gigabytes is never held in memory, and
reading it from a slow disk does not hold the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from engine.errors import ArtifactUnreadable

PIECE = 1 << 18


def opened(path: str) -> BinaryIO:
    """The file to send, open. Raises ArtifactUnreadable if it cannot be: nothing is started then."""
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise ArtifactUnreadable(
            f"{path} cannot be sent: {error.strerror or error}. Nothing was started on the host."
        ) from None


async def pieces_of(stdin: bytes, file: BinaryIO | None) -> AsyncIterator[bytes]:
    """``stdin`` and then the file from its beginning."""
    for start in range(0, len(stdin), PIECE):
        yield stdin[start : start + PIECE]
    if file is None:
        return
    file.seek(0)
    while piece := await asyncio.to_thread(file.read, PIECE):
        yield piece
