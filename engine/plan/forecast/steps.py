"""The hosts in a forecast: which rollout has a step on which of them, and until when. One step at
a time on a host, as many of a rollout side by side as its policy allows, earlier changes first.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Key = tuple[str, str]  # change, service
Leg = tuple[list[str], float]  # the hosts of one stage, and the seconds for which it bakes


@dataclass(slots=True)
class Rolling:
    """One rollout: the hosts of its stage that it has not begun yet, how many steps may and do run
    side by side, and how long each takes. ``ahead`` are its later stages, each with the time
    for which it bakes; ``bake`` is this one's. ``held``: it begins no further step."""

    left: list[str]
    limit: int
    step: timedelta
    flying: int = 0
    held: bool = False
    bake: timedelta = timedelta()
    ahead: list[Leg] = field(default_factory=list)

    @property
    def is_through(self) -> bool:
        """Whether it has nothing left to do."""
        return not (self.left or self.flying or self.bake or self.ahead)


class Steps:
    """Every rollout that is under way."""

    def __init__(self) -> None:
        self.rolling: dict[Key, Rolling] = {}
        self._busy: set[str] = set()
        self._due: list[tuple[datetime, int, Key, str]] = []
        self._wanted: defaultdict[str, set[Key]] = defaultdict(set)
        self._try: set[Key] = set()  # what may be able to begin a step now
        self._count = 0

    def begin(self, key: Key, legs: Iterable[Leg], limit: int, step_s: float) -> None:
        """A rollout that has those hosts to move, stage by stage, in this order."""
        rollout = self.rolling[key] = Rolling([], limit, timedelta(seconds=step_s), ahead=list(legs))
        self._enter(key, rollout)
        self._try.add(key)

    def _enter(self, key: Key, rollout: Rolling) -> None:
        """Its next stage that has anything to do."""
        while rollout.ahead and not rollout.left and not rollout.bake:
            hosts, bake_s = rollout.ahead.pop(0)
            rollout.left, rollout.bake = list(hosts), timedelta(seconds=bake_s)
        for host in rollout.left:
            self._wanted[host].add(key)

    def _bake(self, key: Key, rollout: Rolling, now: datetime) -> None:
        """Everything of its stage has arrived: it bakes, or enters the next."""
        if rollout.left or rollout.flying:
            return
        if not rollout.bake:
            self._enter(key, rollout)
        if rollout.bake and not rollout.left:
            rollout.flying += 1
            self._push(key, f"{key[1]} of change {key[0]} bakes", now + rollout.bake)  # no host is called so
            rollout.bake = timedelta()

    def fly(self, key: Key, host: str, until: datetime) -> None:
        """A step of a rollout that is under way already."""
        self.rolling[key].flying += 1
        self._push(key, host, until)

    def hold(self, key: Key) -> None:
        """The rollout finishes its steps and begins no other."""
        self.rolling[key].held = True

    def release(self, key: Key) -> None:
        """It goes on."""
        self.rolling[key].held = False
        self._try.add(key)

    def turn(self, key: Key, hosts: Iterable[str]) -> None:
        """It goes back: those of these hosts that it has begun are to move once more."""
        rollout = self.rolling[key]
        ahead = {*rollout.left, *(host for hosts, _ in rollout.ahead for host in hosts)}
        for host in ahead:
            self._wanted[host].discard(key)
        begun = [host for host in hosts if host not in ahead]
        self.begin(key, [(begun, 0.0)], rollout.limit, rollout.step.total_seconds())
        self.rolling[key].flying = rollout.flying

    def drop(self, key: Key) -> list[str]:
        """Forget a rollout; returns the hosts it has not begun."""
        left = self.rolling.pop(key).left
        for host in left:
            self._wanted[host].discard(key)
        return left

    def start(self, now: datetime) -> None:
        """Begin every step that can begin."""
        for key in sorted(self._try, key=lambda key: (int(key[0]), key[1])):
            rollout = self.rolling.get(key)
            if rollout is None or rollout.held:
                continue
            self._bake(key, rollout, now)
            for host in [host for host in rollout.left if host not in self._busy]:
                if rollout.flying >= rollout.limit:
                    break
                rollout.left.remove(host)
                rollout.flying += 1
                self._wanted[host].discard(key)
                self._push(key, host, now + rollout.step)
        self._try.clear()

    def next(self) -> datetime | None:
        """When the next step ends."""
        return self._due[0][0] if self._due else None

    def is_last(self) -> bool:
        """Whether the next step to end may be the last of its rollout."""
        at = self._due[0][0]
        ending = Counter(key for until, _, key, _ in self._due if until == at)
        known = ((self.rolling.get(key), count) for key, count in ending.items())
        return any(
            rollout is not None and not (rollout.left or rollout.bake or rollout.ahead) and rollout.flying == count
            for rollout, count in known
        )

    def finish(self, now: datetime) -> list[tuple[Key, str]]:
        """The steps that have ended by now, each with its host."""
        ended: list[tuple[Key, str]] = []
        while self._due and self._due[0][0] <= now:
            _, _, key, host = heapq.heappop(self._due)
            self._busy.discard(host)
            if key in self.rolling:
                self.rolling[key].flying -= 1
                self._try.add(key)
            self._try |= self._wanted.get(host, set())
            ended.append((key, host))
        return ended

    def through(self, keys: Collection[Key]) -> list[Key]:
        """Which of these have nothing left to do."""
        return [key for key in keys if key in self.rolling and self.rolling[key].is_through]

    def _push(self, key: Key, host: str, until: datetime) -> None:
        self._busy.add(host)
        self._count += 1
        heapq.heappush(self._due, (until, self._count, key, host))
