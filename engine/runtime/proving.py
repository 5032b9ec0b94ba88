"""Whether an artifact is what it is said to be, judged where it lies: before a change is taken
and again before its bytes are sent.
"""

from __future__ import annotations

from typing import Protocol

from engine.model.release import Artifact, Catalog
from engine.model.request import Deploy, Request


class Prover(Protocol):
    """Looks at artifacts; remembers what it found as long as the file does not change."""

    async def fault(self, artifact: Artifact, doubt: str = "") -> str:
        """What is wrong with an artifact, "" if nothing is. ``doubt``: what a host complained of,
        which makes it look anew. Never raises."""


class Trusting:
    """Finds nothing wrong: for engines whose artifacts are no files."""

    async def fault(self, artifact: Artifact, doubt: str = "") -> str:
        """Nothing."""
        return ""


async def prove_wanted(prover: Prover, catalog: Catalog, request: Request) -> bool:
    """Look at the artifacts that a request would deploy; whether something is wrong with one."""
    wanted = request.services.items() if isinstance(request, Deploy) else ()
    found = [catalog.find(service, version) for service, version in wanted]
    faults = [await prover.fault(artifact) for artifact in found if artifact and artifact.sha256]
    return any(faults)
