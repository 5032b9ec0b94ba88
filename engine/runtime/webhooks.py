"""Tells webhooks what happened, beside the engine's loop and never holding it.

At least once: what was told is kept (``webhooks.json`` in the state folder) only after the
address answered 2xx; until then it is told again, with growing pauses, also by the next engine.
A webhook that is new is not told of what had ended before it came.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from engine.errors import SecretMissing
from engine.model.snapshot import Plan, Snapshot
from engine.model.webhook import Webhook
from engine.runtime.notices import ENDS, Notice, notices
from engine.runtime.ports import Chance
from engine.runtime.secret_values import read_secrets

log = structlog.get_logger()
FILE = "webhooks.json"
LOOK_S = 1.0
TIMEOUT_S = 10.0
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0

Post = Callable[[str, bytes, Mapping[str, str]], int]


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send it; the status of the answer. Raises OSError or HTTPException if there is none. No
    redirect is followed: a signed notice goes where the inventory says and nowhere else."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request("POST", target, body, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """``sha256=`` and the HMAC of the time, a dot and the body: a notice cannot be sent again later."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class Webhooks:
    """All webhooks of the inventory, followed for as long as ``run`` runs. ``look`` gives the
    engine's newest snapshot and plan."""

    def __init__(
        self, folder: Path, look: Callable[[], tuple[Snapshot, Plan]], chance: Chance, send: Post = post
    ) -> None:
        self._file, self._look, self._chance, self._send = folder / FILE, look, chance, send
        self._told: dict[str, set[str]] = {}
        self._tasks: dict[str, tuple[Webhook, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Keep telling; cancelled at the end, when what is not told yet is left to the next engine."""
        self._told = await asyncio.to_thread(_read, self._file)
        try:
            while True:
                await self._follow()
                await asyncio.sleep(LOOK_S)
        finally:
            for _, task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*(task for _, task in self._tasks.values()), return_exceptions=True)

    async def _follow(self) -> None:
        """Begin with webhooks that are new or changed, stop with those that are gone."""
        wanted = self._look()[0].inventory.webhooks
        for name, (hook, task) in list(self._tasks.items()):
            if wanted.get(name) != hook:
                task.cancel()
                del self._tasks[name]
        new = [hook for name, hook in wanted.items() if name not in self._tasks]
        for hook in new:
            if hook.name not in self._told:
                self._told[hook.name] = {each.key for each in notices(*self._look()) if each.event in ENDS}
            self._tasks[hook.name] = (hook, asyncio.create_task(self._serve(hook), name=f"webhook {hook.name}"))
        if new:
            await self._keep()

    async def _serve(self, hook: Webhook) -> None:
        seen: object = None
        while True:
            snapshot, plan = self._look()
            if plan is not seen:  # every step makes a new one
                seen = plan
                await self._tell(hook, [each for each in notices(snapshot, plan) if each.event in hook.events])
            await asyncio.sleep(LOOK_S)

    async def _tell(self, hook: Webhook, standing: list[Notice]) -> None:
        told = self._told[hook.name]
        for notice in standing:
            if notice.key not in told:
                await self._deliver(hook, notice)
                told.add(notice.key)
                await self._keep()
        told &= {each.key for each in standing}  # what is over may be told again when it comes again

    async def _deliver(self, hook: Webhook, notice: Notice) -> None:
        pause_s, tries = FIRST_PAUSE_S, 0
        while (why := await self._attempt(hook, notice)) is not None:
            tries += 1
            if tries in (1, 10) or tries % 100 == 0:
                log.warning("webhook not delivered, trying again", webhook=hook.name, about=notice.event.value, why=why)
            await asyncio.sleep(pause_s + self._chance.jitter(pause_s / 4))
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def _attempt(self, hook: Webhook, notice: Notice) -> str | None:
        """None if it was taken; else why not, without the address, which may be a secret itself."""
        body = json.dumps(notice.body, ensure_ascii=False).encode()
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "interlock",
            "X-Interlock-Event": notice.event.value,
            "X-Interlock-Delivery": hashlib.sha256(notice.key.encode()).hexdigest()[:32],
            "X-Interlock-Timestamp": stamp,
        }
        try:
            if hook.secret is not None:
                secret = (await read_secrets({hook.name: hook.secret})).values[hook.name]
                headers["X-Interlock-Signature-256"] = signature(secret, stamp, body)
            status = await asyncio.to_thread(self._send, hook.url, body, headers)
        except SecretMissing:
            return "its secret cannot be read"
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"no answer: {type(error).__name__}"
        return None if 200 <= status < 300 else f"it answers {status}"

    async def _keep(self) -> None:
        kept = {name: sorted(keys) for name, keys in self._told.items()}
        try:
            await asyncio.to_thread(_write, self._file, json.dumps(kept))
        except OSError as error:
            log.warning("what webhooks were told cannot be kept; they may be told again", why=str(error))


def _read(file: Path) -> dict[str, set[str]]:
    """What was told before; nothing if the file is not there, or is not ours."""
    try:
        found = json.loads(file.read_text())
        return {str(name): {str(key) for key in keys} for name, keys in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _write(file: Path, text: str) -> None:
    beside = file.with_name(f"{file.name}.{os.urandom(4).hex()}")
    beside.write_text(text)
    beside.replace(file)
