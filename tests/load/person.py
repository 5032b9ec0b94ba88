"""``python -m tests.load.person UID GID ADDRESS SERVICES SEED``: one Unix user at work. It begins as root, to load
what it needs, then becomes that user for good. It says "ready"; a number on its standard input sets it to
work for so many seconds; then it prints as JSON what it asked for, was told and saw, and when.

Times are those of the machine's monotonic clock, which all people share.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from typing import Any

from engine.api.client import Client
from engine.errors import InterlockError, RequestRefused

AT_LEAST = 30
VERSIONS = ("1.0", "1.1", "2.0", "2.1", "3.0")


class Person:
    """Asks for random things, and watches all the while."""

    def __init__(self, address: str, services: list[str], seed: int) -> None:
        self.client = Client(address, 30.0)
        self.services = services
        self.chance = random.Random(seed)
        self.seen: list[tuple[int, str, str, float]] = []
        self.accepted: list[tuple[str, str, float]] = []
        self.refused: list[tuple[str, str]] = []
        self.wrong: list[str] = []
        self.stream = self.client.watch()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()

    def _watch(self) -> None:
        for event in self.stream:
            if event["seq"]:
                self.seen.append((event["seq"], event["kind"], event["change"], time.monotonic()))

    def work(self, seconds: float) -> None:
        """One request after the other, for so long, and not less than a few however busy the machine is."""
        end, asked = time.monotonic() + seconds, 0
        while time.monotonic() < end or asked < AT_LEAST:
            asked += 1
            verb, body = self._wish()
            try:
                told = self.client.post(f"/v1/{verb}", body)
                self.accepted.append((verb, told["change"], time.monotonic()))
            except RequestRefused as refusal:
                self.refused.append((verb, str(refusal)))
            except InterlockError as error:
                self.wrong.append(f"{verb} {body}: {error}")
            time.sleep(0.02)

    def _wish(self) -> tuple[str, dict[str, Any]]:
        recent = [change for _, kind, change, _ in self.seen[-200:] if kind == "change-accepted"]
        if not recent or self.chance.random() < 0.4:
            goal = {self.chance.choice(self.services): self.chance.choice(VERSIONS)}
            return "changes", {"environment": "prod", "services": goal}
        verb = self.chance.choice(("approve", "approve", "cancel", "hold", "release", "abort"))
        return verb, {"subject": self.chance.choice(recent[-6:])}

    def caught_up(self, seq: int) -> None:
        """Wait until the stream has brought event ``seq``, and leave."""
        end = time.monotonic() + 30
        while seq and (not self.seen or self.seen[-1][0] < seq) and time.monotonic() < end:
            time.sleep(0.02)
        self.stream.close()


def main() -> None:
    """Become the user, work, tell."""
    uid, gid, address, services, seed = sys.argv[1:]
    os.setgroups([int(gid)])
    os.setgid(int(gid))
    os.setuid(int(uid))
    try:
        person = Person(address, services.split(","), int(seed))
    except InterlockError as error:
        print(f"turned away: {error}", flush=True)
        return
    print("ready", flush=True)
    person.work(float(sys.stdin.readline()))
    print("done", flush=True)
    person.caught_up(int(sys.stdin.readline()))
    told = {"seen": person.seen, "accepted": person.accepted, "refused": person.refused, "wrong": person.wrong}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
