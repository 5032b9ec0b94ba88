"""Ports for servers of tests: below the ephemeral range, where the kernel hands out none."""

from __future__ import annotations

import random
import socket


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    for _ in range(200):
        port = random.randint(18000, 31999)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 18000 and 31999")
