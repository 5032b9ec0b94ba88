"""Tells webhooks what happened, beside the engine's loop and never holding it.

At least once, and each webhook in order: what was told is kept (``webhooks.json`` in the state
folder) only after the address answered 2xx; until then it is told again, with growing pauses, also
by the next engine. What nobody takes for a day is given up, so that one notice that an address
will never take does not keep all later ones from it; and a wait that is over meanwhile is not told
any more. A webhook that is new, or wants to hear more than before, is not told of what had ended
before.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from engine.errors import SecretMissing
from engine.model.snapshot import Plan, Snapshot
from engine.model.webhook import Webhook
from engine.runtime.notices import ENDS, Notice, concerns, notices
from engine.runtime.ports import Chance
from engine.runtime.secret_values import read_secrets

log = structlog.get_logger()
FILE = "webhooks.json"
LOOK_S = 1.0
TIMEOUT_S = 10.0
WHOLE_S = 20.0  # an address that answers a byte now and then is not listened to for longer
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0
GIVE_UP_S = 86_400.0

Post = Callable[[str, bytes, Mapping[str, str]], int]


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send it; the status of the answer. Raises OSError or HTTPException if there is none. No
    redirect is followed: a signed notice goes where the inventory says and nowhere else."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    limit = threading.Timer(WHOLE_S, _cut, (connection,))
    limit.daemon = True
    limit.start()
    try:
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request("POST", target, body, dict(headers))
        return connection.getresponse().status
    finally:
        limit.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    """End what is read or written on a connection by another thread."""
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


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
                notice = await self._next(hook, snapshot, plan)
                if notice is not None:
                    await self._tell(hook, notice)
                    continue
                seen = plan
            await asyncio.sleep(LOOK_S)

    async def _next(self, hook: Webhook, snapshot: Snapshot, plan: Plan) -> Notice | None:
        """The first that it wants to hear and was not told. What has ended and it does not want to
        hear counts as told; what is over is forgotten: it may be told again when it comes again."""
        standing, told = list(notices(snapshot, plan)), self._told[hook.name]
        now = told & {each.key for each in standing}
        wanted = [each for each in standing if each.key not in now and concerns(hook, each, snapshot.inventory)]
        passed = {each.key for each in standing if each.event in ENDS} - {each.key for each in wanted}
        self._told[hook.name] = now | passed
        if self._told[hook.name] != told:
            await self._keep()
        return wanted[0] if wanted else None

    async def _tell(self, hook: Webhook, notice: Notice) -> None:
        """Deliver it, however often that is tried; unless it is a wait, and over."""
        pause_s, tries, began = FIRST_PAUSE_S, 0, time.monotonic()
        while (why := await self._attempt(hook, notice)) is not None:
            tries += 1
            told = {"webhook": hook.name, "about": notice.event.value, "subject": notice.body["subject"], "why": why}
            if time.monotonic() - began > GIVE_UP_S:
                log.error("webhook not delivered, given up", tries=tries, **told)
                break
            if tries in (1, 10) or tries % 100 == 0:
                log.warning("webhook not delivered, trying again", **told)
            await asyncio.sleep(pause_s + self._chance.jitter(pause_s / 4))
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
            if notice.event not in ENDS and notice.key not in {each.key for each in notices(*self._look())}:
                return
        self._told[hook.name].add(notice.key)
        await self._keep()

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
