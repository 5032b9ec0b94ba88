"""The story that `interlock demo --play` tells by itself: a release; a bad one, which goes back; one that waits for
its window; and a service that somebody kills, which is healed. Everything happens for real: the story is
one more operator, and now and then one with a kill -9.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.api.client import Client
from engine.errors import InterlockError
from engine.fleet.layout import Folders
from engine.model.change import FINAL

POLL_S = 0.5
PAUSE_S = 4.0  # between two acts, for whoever looks on
PATIENCE_S = 240.0
WINDOW_FILE = "story.yaml"
RELEASE, BAD, WINDOW, DRIFT = ("ledger", "3.3.0"), ("payments-api", "5.3.0"), ("loyalty", "1.0.0"), "mailer"


class Over(Exception):
    """The demo ends before its story does."""


@dataclass(slots=True)
class Story:
    """``reload`` makes the engine read its inventory again; ``tell`` says what goes on, and with
    which service ("" for none); ``over`` is set when the demo ends. Change by change, what goes on
    is also the changes' reason."""

    client: Client
    folders: Folders
    reload: Callable[[], None]
    tell: Callable[[str, str], None]
    over: threading.Event

    def run(self) -> None:
        """All acts, one after the other; an act that cannot be played is told and passed over."""
        with contextlib.suppress(Over):
            self._until(self._is_settled, "the estate did not settle")
            for act in (self._release, self._bad, self._window, self._drift):
                try:
                    act()
                except (InterlockError, OSError) as error:
                    self.tell(f"the story goes on without this: {error}", "")
                self._pause(PAUSE_S)
            self.tell("the story is over: the rest is yours", "")

    def _release(self) -> None:
        service, version = RELEASE
        self.tell(f"a release: {service} {version}, one placement after the other", service)
        self._await(self._deploy(service, version, "a release, one placement after the other"))

    def _bad(self) -> None:
        service, version = BAD
        self.tell(f"a bad release: {service} {version} crashes and goes back by itself", service)
        change = self._deploy(service, version, "a bad release: it will go back by itself")
        self._await(change)
        self.tell(f"{service} is back where it was, and {version} is marked bad here: b would clear it", service)

    def _window(self) -> None:
        service, version = WINDOW
        begin = (datetime.now(UTC) + timedelta(seconds=75)).replace(second=0, microsecond=0)
        end = begin + timedelta(minutes=30)
        file = self.folders.inventory / WINDOW_FILE
        file.write_text(
            "# Written by `interlock demo --play`, which removes it again.\n"
            "policies:\n  windows:\n"
            f"    story: {{applies_to: {{services: [{service}]}}, "
            f'allow: {{hours: "{begin:%H:%M}-{end:%H:%M}", tz: UTC}}}}\n',
            encoding="utf-8",
        )
        try:
            self.reload()
            self._until(self._is_shut, "the window was not taken up")
            self.tell(f"a window: {service} {version} may start at {begin:%H:%M} UTC, and waits for it", service)
            self._await(self._deploy(service, version, f"waits for its window, which opens at {begin:%H:%M} UTC"))
        finally:
            file.unlink(missing_ok=True)
            self.reload()

    def _drift(self) -> None:
        places = sorted(self.folders.hosts.glob(f"*/*/{DRIFT}/.interlock/process"))
        if not places:
            return
        host = places[0].relative_to(self.folders.hosts).parts[0]
        self.tell(f"somebody kills {DRIFT} on {host}: it is missed, and healed", DRIFT)
        for name in ("supervisor", "child"):
            _kill(places[0] / name)
        self._until(lambda: self._state(host) != "running", "nobody missed it")
        self._until(lambda: self._state(host) == "running", "it was not healed")

    def _deploy(self, service: str, version: str, reason: str) -> str:
        asked = self.client.deploy({"environment": "prod", "services": {service: version}, "reason": reason})
        return asked["change"]

    def _await(self, change: str) -> None:
        """Until a change has ended, however it did."""
        final = {status.value for status in FINAL}
        if change:
            self._until(lambda: self.client.change(change)["state"] in final, f"change {change} did not end")
            state = self.client.change(change)["state"]
            self.tell(f"change {change} has ended: {state}", "")

    def _state(self, host: str) -> str:
        """The placement of the drift's service on a host."""
        rows = self.client.status(DRIFT)
        return next((place["state"] for row in rows for place in row["placements"] if place["host"] == host), "")

    def _is_settled(self) -> bool:
        return all(row["target"] is not None and row["state"] != "unknown" for row in self.client.status())

    def _is_shut(self) -> bool:
        return any(each["policy"] == "policies.windows.story" for each in self.client.calendar()["policies"])

    def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        for _ in range(int(PATIENCE_S / POLL_S)):
            with contextlib.suppress(InterlockError):  # an engine that is busy is asked again
                if holds():
                    return
            self._pause(POLL_S)
        raise InterlockError(f"{otherwise} within {PATIENCE_S:.0f} s")

    def _pause(self, seconds: float) -> None:
        if self.over.wait(seconds):
            raise Over


def _kill(file: Path) -> None:
    """Kills the process that a file of the process driver names, if it is there."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.kill(int(file.read_text(encoding="utf-8").split()[0]), signal.SIGKILL)
