"""Logging in to an embedded host the way a careful client does."""

from __future__ import annotations

import asyncssh

from engine.fleet.embedded import EmbeddedFleet


async def connect(fleet: EmbeddedFleet, host: str, **options: object) -> asyncssh.SSHClientConnection:
    """A connection with the fleet's own identity and known hosts; ``options`` override."""
    settings: dict[str, object] = {
        "username": "deploy",
        "known_hosts": str(fleet.inventory / "known_hosts"),
        "client_keys": [str(fleet.inventory / "identity")],
        "config": None,
        "agent_path": None,
        "connect_timeout": 5,
        **options,
    }
    return await asyncssh.connect(fleet.addresses[host], fleet.layout.port, **settings)  # type: ignore[arg-type]
