"""Artifacts that came with a request (``deploy --artifact``), kept in the engine's state folder, within
bounds, so that retries and rollbacks find them: ``artifacts/SERVICE/VERSION/`` with the file, what it is, and
its signature if it came with one. Such a folder appears complete, by rename.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path

from engine.errors import RequestRefused
from engine.model.release import Artifact

FILE = "artifact"
FACTS = "artifact.json"
SIGNATURE = "artifact.sig"


@dataclass(frozen=True, slots=True)
class Arriving:
    """What is said of a file that arrives: whose it is, how it is packed, and its signature."""

    service: str
    version: str
    kind: str
    sha256: str
    signature: bytes = b""


class Kept:
    """The folder of kept artifacts; None keeps none. File I/O: keep ``artifacts`` off the loop."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def artifacts(self) -> list[Artifact]:
        """Every artifact kept; what cannot be read is passed over."""
        if self._folder is None or not self._folder.is_dir():
            return []
        found = (_read(facts.parent) for facts in sorted(self._folder.glob(f"*/*/{FACTS}")))
        return [artifact for artifact in found if artifact is not None]

    async def collect(self, needed: Collection[tuple[str, str]], most_bytes: int) -> None:
        """Let go of what was kept longest ago until no more than ``most_bytes`` are, but never of what is
        ``needed`` (service, version)."""
        await asyncio.to_thread(self._collect, needed, most_bytes)

    def _collect(self, needed: Collection[tuple[str, str]], most_bytes: int) -> None:
        known = sorted(self.artifacts(), key=_kept_at)
        total = sum(artifact.size for artifact in known)
        for artifact in known:
            if total > most_bytes and (artifact.service, artifact.version) not in needed:
                shutil.rmtree(Path(artifact.path).parent, ignore_errors=True)
                total -= artifact.size

    async def take(self, arriving: Arriving, pieces: AsyncIterator[bytes], largest_bytes: int) -> None:
        """Keep a file as it arrives. The same content twice is kept once. Raises RequestRefused,
        keeping nothing, for other content than was announced or than is kept under that name, for
        what is too large, and if it cannot be written."""
        if self._folder is None:
            raise RequestRefused(
                "this engine keeps no artifacts: publish the file where the inventory looks for it. Nothing was kept"
            )
        home = self._folder / arriving.service / arriving.version
        new = self._folder / f".new-{secrets.token_hex(8)}"
        try:
            await asyncio.to_thread(new.mkdir, mode=0o700, parents=True)
            sha256 = await _write(new, arriving, pieces, largest_bytes)
            if sha256 != arriving.sha256:
                raise RequestRefused(
                    "the artifact arrived with another sha256 than was announced: send it again. Nothing was queued"
                )
            await asyncio.to_thread(_place, new, home, sha256)
        except OSError as error:
            raise RequestRefused(
                f"the artifact could not be kept in {self._folder}: {error.strerror or error}. Nothing was queued"
            ) from None
        finally:
            await asyncio.to_thread(shutil.rmtree, new, ignore_errors=True)


async def _write(new: Path, arriving: Arriving, pieces: AsyncIterator[bytes], largest_bytes: int) -> str:
    digest, size = hashlib.sha256(), 0
    with (new / FILE).open("wb") as stream:
        async for piece in pieces:
            size += len(piece)
            if size > largest_bytes:
                raise RequestRefused(f"the artifact is larger than {largest_bytes:,} bytes. Nothing was queued")
            digest.update(piece)
            await asyncio.to_thread(stream.write, piece)
        await asyncio.to_thread(_flush, stream.fileno())
    if arriving.signature:
        (new / SIGNATURE).write_bytes(arriving.signature)
    facts = {"sha256": digest.hexdigest(), "size": size, "kind": arriving.kind}
    (new / FACTS).write_text(json.dumps(facts), encoding="utf-8")
    return digest.hexdigest()


def _kept_at(artifact: Artifact) -> float:
    try:
        return Path(artifact.path).stat().st_mtime
    except OSError:
        return 0.0


def _flush(number: int) -> None:
    os.fsync(number)


def _place(new: Path, home: Path, sha256: str) -> None:
    known = _read(home)
    if known is not None and known.sha256 != sha256:
        raise RequestRefused(
            f"{known.service} {known.version} came with other content before (sha256 {known.sha256[:12]}...): "
            "give the new content a new version. Nothing was queued"
        )
    if known is not None:
        if not (new / SIGNATURE).exists():
            return
        shutil.rmtree(home)
    home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.replace(new, home)


def _read(folder: Path) -> Artifact | None:
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        return Artifact(
            folder.parent.name,
            folder.name,
            str(folder / FILE),
            str(facts["sha256"]),
            int(facts["size"]),
            str(facts["kind"]),
            signature=str(folder / SIGNATURE),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
