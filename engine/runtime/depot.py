"""The artifacts as they lie on this machine: which there are, whether each is what it is said to
be, and those that came with a request.

A file is read once and remembered by what stat says of it: an artifact of gigabytes is not
hashed at every look, and one that changed is never taken for what it was. What was found wrong
stands in the catalog until the file changes, so that the planner can wait for that.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.inventory.catalog import scan
from engine.model.inventory import Inventory
from engine.model.release import Artifact, Catalog
from engine.runtime.kept import Kept
from engine.transport.signatures import MAX_BYTES, fault_of

PIECE = 1 << 20
DOUBT_S = 300.0

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What one look came to: the file as it was then, and what is wrong with it. ``until`` is when
    it is to be looked at again whatever the file says (0: only if it changes)."""

    key: Key
    fault: str
    until_s: float = 0.0


class Depot:
    """Finds artifacts and judges them (``Prover``). ``folder`` keeps those that came with requests;
    None keeps none."""

    def __init__(self, folder: Path | None = None, now_s: Callable[[], float] = time.monotonic) -> None:
        self.kept = Kept(folder)
        self._now_s = now_s
        self._signers = ""
        self._found: dict[str, _Found] = {}

    async def find(self, inventory: Inventory) -> Catalog:
        """Every artifact there is, with what was found wrong with it."""
        return await asyncio.to_thread(self._find, inventory)

    async def fault(self, artifact: Artifact, doubt: str = "") -> str:
        """What is wrong with an artifact, "" if nothing is."""
        return await asyncio.to_thread(self._fault, artifact, doubt)

    def _find(self, inventory: Inventory) -> Catalog:
        self._signers = inventory.storage.signers
        lying = scan(inventory)
        found = {name: dict(known) for name, known in lying.by_service.items()}
        for artifact in self.kept.artifacts():
            if artifact.service in inventory.services and artifact.service not in lying.markers:
                found.setdefault(artifact.service, {}).setdefault(artifact.version, artifact)
        return Catalog({name: self._marked(known) for name, known in found.items()}, lying.markers)

    def _marked(self, known: Mapping[str, Artifact]) -> dict[str, Artifact]:
        return {version: self._with_fault(artifact) for version, artifact in known.items()}

    def _with_fault(self, artifact: Artifact) -> Artifact:
        found = self._found.get(artifact.place)
        if found is None or not found.fault or not self._holds(found, artifact):
            return artifact
        return replace(artifact, fault=found.fault)

    def _holds(self, found: _Found, artifact: Artifact) -> bool:
        """Whether what was found then still says something."""
        return found.key == self._key(artifact) and (not found.until_s or self._now_s() < found.until_s)

    def _key(self, artifact: Artifact) -> Key:
        files = [artifact.path] if artifact.path else []
        files += [self._signers, _signature(artifact)] if self._signers else []
        return (artifact.sha256, self._signers, *(_stamp(file) for file in files))

    def _fault(self, artifact: Artifact, doubt: str) -> str:
        if artifact.is_marker:
            return ""
        found = self._found.get(artifact.place)
        if found is not None and not doubt and self._holds(found, artifact):
            return found.fault
        key = self._key(artifact)
        fault = self._look(artifact)
        until_s = 0.0
        if not fault and doubt and artifact.url:
            # only the host has seen what its address serves
            fault, until_s = f"{artifact.place}: {doubt}", self._now_s() + DOUBT_S
        self._found[artifact.place] = _Found(key, fault, until_s)
        return fault

    def _look(self, artifact: Artifact) -> str:
        digests = {"sha256": bytes.fromhex(artifact.sha256)}
        if artifact.path:
            try:
                digests = _digests(artifact.path, ("sha256", "sha512") if self._signers else ("sha256",))
            except OSError as error:
                return f"{artifact.path} cannot be read: {error.strerror or error}"
            is_now = digests["sha256"].hex()
            if is_now != artifact.sha256:
                listed = f"not {artifact.sha256[:12]}..., which its sums file lists"
                return f"{artifact.path} has the sha256 {is_now[:12]}..., {listed}"
        return self._unsigned(artifact, digests) if self._signers else ""

    def _unsigned(self, artifact: Artifact, digests: Mapping[str, bytes]) -> str:
        file = _signature(artifact)
        try:
            with open(file, "rb") as stream:
                signature = stream.read(MAX_BYTES)
        except OSError as error:
            return f"{artifact.place} is not signed: {file} cannot be read ({error.strerror or error})"
        try:
            signers = Path(self._signers).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            return f"{artifact.place} cannot be verified: {self._signers} cannot be read ({error.strerror or error})"
        wrong = fault_of(signature, digests, signers)
        return f"{artifact.place} is not verified: its signature {file} {wrong}" if wrong else ""


def _signature(artifact: Artifact) -> str:
    return artifact.signature or f"{artifact.path}.sig"


def _stamp(file: str) -> str:
    """What changes when a file is written, replaced, or made readable."""
    try:
        seen = os.stat(file)
    except OSError as error:
        return f"no file ({error.errno})"
    return f"{seen.st_dev}:{seen.st_ino}:{seen.st_size}:{seen.st_mtime_ns}:{seen.st_ctime_ns}"


def _digests(path: str, names: tuple[str, ...]) -> dict[str, bytes]:
    hashes = {name: hashlib.new(name) for name in names}
    with open(path, "rb") as stream:
        while piece := stream.read(PIECE):
            for each in hashes.values():
                each.update(piece)
    return {name: each.digest() for name, each in hashes.items()}
