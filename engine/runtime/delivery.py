"""Brings releases to hosts: asks what is there, sends what is not, and sends nothing twice.

Two placements of one host that want the same content at the same time take turns: the second
finds it in the host's cache. What is to be sent is looked at here first, so that a file which
is no longer what was accepted never leaves this machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

from engine import drivers
from engine.drivers import PlacementSpec
from engine.errors import ArtifactUnreadable
from engine.model.inventory import Host
from engine.model.observation import Claim
from engine.model.release import Artifact, Storage
from engine.model.remote import Reply
from engine.runtime.calls import ask
from engine.runtime.proving import Prover
from engine.transport.protocol import Transport

Key = tuple[str, str, str]


class Arrival(StrEnum):
    """What became of bringing a release."""

    HERE = "here"
    REFUSED = "refused"  # the host cannot take it; ``detail`` says why
    UNPROVEN = "unproven"  # the artifact is not what was accepted; nothing was changed
    FENCED = "fenced"


@dataclass(frozen=True, slots=True)
class Brought:
    """How it ended, why in words, and whose the host is if it is not ours."""

    arrival: Arrival
    detail: str = ""
    holder: Claim | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A release for one placement. ``keep``: what the host has under that version will do,
    whatever its content. ``anew``: what it has gives way to this, even if it runs."""

    host: Host
    spec: PlacementSpec
    artifact: Artifact | None
    storage: Storage
    keep: bool = False
    anew: bool = False


class Delivery:
    """Brings parcels over one transport. ``recheck`` is called when an artifact turned out not to
    be what it should: it makes the engine look at its artifacts again."""

    def __init__(self, transport: Transport, prover: Prover, recheck: Callable[[], Awaitable[None]]) -> None:
        self._transport = transport
        self._prover = prover
        self._recheck = recheck
        self._turns: dict[Key, asyncio.Lock] = {}
        self._waiting: dict[Key, int] = {}

    async def bring(self, parcel: Parcel, claim: Claim, uploading: Callable[[], None]) -> Brought:
        """Bring one release; ``uploading`` is called before its bytes are sent. Raises Lost or
        AnswerUnreadable if the host gave no usable answer."""
        if parcel.keep or parcel.artifact is None:
            kept = drivers.parse_stage(await self._stage(parcel, claim, None))
            if kept.state != "refused" or parcel.artifact is None:
                return _arrived(kept)
        artifact = parcel.artifact
        if artifact.url and (fault := await self._prover.fault(artifact)):
            await self._recheck()
            return Brought(Arrival.UNPROVEN, fault)
        async with self._turn((parcel.host.name, parcel.spec.base, artifact.sha256)):
            staged = drivers.parse_stage(await self._stage(parcel, claim, artifact))
            if staged.state in ("mismatch", "unfetched"):
                return await self._other_content(artifact, staged.detail)
            if staged.state != "need":
                return _arrived(staged)
            return await self._send(parcel, artifact, claim, uploading)

    async def _send(self, parcel: Parcel, artifact: Artifact, claim: Claim, uploading: Callable[[], None]) -> Brought:
        fault = await self._prover.fault(artifact)
        if fault:
            await self._recheck()
            return Brought(Arrival.UNPROVEN, fault)
        uploading()
        command = drivers.upload(parcel.spec, claim, artifact, parcel.storage, anew=parcel.anew)
        try:
            stored = drivers.parse_upload(await ask(self._transport, parcel.host, command))
        except ArtifactUnreadable as error:
            return await self._other_content(artifact, str(error))
        if stored.state == "mismatch":
            return await self._other_content(artifact, stored.detail)
        return _arrived(stored)

    async def _other_content(self, artifact: Artifact, said: str) -> Brought:
        """Something else arrived than was announced: the file changed while it was sent, or is gone,
        or an address serves something else, or nothing, which is looked at again by and by. If it is
        well when looked at again, the way spoilt it."""
        fault = await self._prover.fault(artifact, said)
        await self._recheck()
        return Brought(Arrival.UNPROVEN if fault else Arrival.REFUSED, fault or said)

    async def _stage(self, parcel: Parcel, claim: Claim, artifact: Artifact | None) -> Reply:
        command = drivers.stage(parcel.spec, claim, artifact, parcel.storage, anew=parcel.anew)
        return await ask(self._transport, parcel.host, command)

    @asynccontextmanager
    async def _turn(self, key: Key) -> AsyncIterator[None]:
        """One at a time for the same content on the same host; forgotten when nobody waits."""
        self._waiting[key] = self._waiting.get(key, 0) + 1
        try:
            async with self._turns.setdefault(key, asyncio.Lock()):
                yield
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key], self._turns[key]


def _arrived(answer: drivers.StageAnswer | drivers.UploadAnswer) -> Brought:
    if answer.state == "fenced":
        return Brought(Arrival.FENCED, answer.detail, answer.holder)
    here = answer.state in ("have", "stored")
    return Brought(Arrival.HERE if here else Arrival.REFUSED, answer.detail)
