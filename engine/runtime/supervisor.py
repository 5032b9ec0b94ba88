"""What the engine says to the systemd that started it (sd_notify(3)): ready, stopping, and that
its loop still turns. The last is said from the loop itself: one that hangs falls silent, and
systemd ends it and starts the next, which takes up where the journal stands.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from contextlib import suppress


def notify(message: str, environ: Mapping[str, str] = os.environ) -> None:
    """Tell systemd, where it listens. One that cannot be told must not stop an engine."""
    address = environ.get("NOTIFY_SOCKET", "")
    if address:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
            channel.connect("\0" + address[1:] if address.startswith("@") else address)
            channel.send(message.encode())


def watchdog_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """How long systemd lets the engine be silent (WatchdogSec), None if it does not watch."""
    text, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not text.isascii() or not text.isdigit() or int(text) == 0 or (pid and pid != str(os.getpid())):
        return None
    return int(text) / 1_000_000


async def keep_alive(environ: Mapping[str, str] = os.environ) -> None:
    """Say so, thrice as often as it must be said, while the loop turns."""
    limit_s = watchdog_s(environ)
    while limit_s is not None:
        notify("WATCHDOG=1", environ)
        await asyncio.sleep(limit_s / 3)
