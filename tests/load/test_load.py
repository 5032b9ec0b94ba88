"""Many at once: watchers of whom one never reads, requests without end, and a long queue. Nothing here is about
time (``make bench ARGS=load`` is): nobody misses an event, nothing that was accepted is lost, the queue runs empty.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from engine.model.change import FINAL
from engine.model.event import ChangeAccepted
from tests.load.rig import Rig, estate, rig
from tests.load.watchers import Reader, Tally, asked, deaf, steadily

WATCHERS = 20
LIMIT = 200


def eventually(holds: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def is_idle(served: Rig) -> bool:
    """Whether every change is at its end and nothing moves."""
    state = served.engine.snapshot.state
    return not served.engine.activity.names and all(change.status in FINAL for change in state.changes.values())


def deploys(served: Rig, rounds: int) -> list[tuple[str, dict[str, object] | None]]:
    """Changes of every service there and back, with looks in between."""
    found: list[tuple[str, dict[str, object] | None]] = []
    for turn in range(rounds):
        for name in served.engine.snapshot.inventory.services:
            version = ("1.1", "2.0")[turn % 2]
            found.append(("/v1/changes", {"environment": "prod", "services": {name: version}, "reason": "x" * 400}))
            found += [("/v1/board", None), (f"/v1/status?subject={name}", None)]
    return found


def test_twenty_watch_and_one_never_reads(tmp_path: Path) -> None:
    with rig(tmp_path, estate(services=6, hosts=4), watch_limit=LIMIT) as served:
        first = served.engine.seq
        silent = deaf(served.address)
        readers = [Reader(served.address) for _ in range(WATCHERS - 1)]
        eventually(lambda: served.server.watchers >= WATCHERS)
        tally = Tally()
        for path, body in deploys(served, 2):
            asked(served.address, path, body, tally)
        eventually(lambda: is_idle(served))
        # More than the deaf one's buffers hold, whatever the kernel gives it.
        hands = [("/v1/pause", {"subject": ""}), ("/v1/resume", {"subject": ""})]
        for number in range(20_000):
            if served.server.watchers < WATCHERS:
                break
            asked(served.address, hands[number % 2][0], dict(hands[number % 2][1]), tally)
        eventually(lambda: served.server.watchers == WATCHERS - 1)
        last = served.engine.seq
        eventually(lambda: all(reader.seen and reader.seen[-1] >= last for reader in readers))
        kept = [recorded.seq for recorded in served.journal(first)]
        for reader in readers:
            assert not reader.cut
            assert reader.seen == [seq for seq in kept if seq >= reader.seen[0]]
            assert reader.seen[0] <= kept[0] + len(readers)
        assert not tally.wrong
        for reader in readers:
            reader.close()
        silent.close()


def test_nothing_that_was_accepted_is_lost_and_the_queue_runs_empty(tmp_path: Path) -> None:
    descriptors = len(os.listdir("/proc/self/fd"))
    with rig(tmp_path, estate(services=10, hosts=5)) as served:
        tally = steadily(served.address, 100.0, 3.0, deploys(served, 5))
        assert not tally.wrong
        eventually(lambda: is_idle(served))
        accepted = [e.event.change for e in served.journal() if isinstance(e.event, ChangeAccepted)]
        looks = sum(1 for number in range(300) if number % 3)
        assert len(accepted) == tally.accepted - looks
        assert len(accepted) + len(tally.refused) == 300 - looks
        assert [change.number for change in accepted] == list(range(1, len(accepted) + 1))
        # The newest change of each service decided where it is.
        wanted = {item.service: item.goal for change in accepted for item in change.items}
        current = {row["service"]: row["current"] for row in served.client().status()}
        assert {name: set(current[name]) for name in wanted} == {name: {goal} for name, goal in wanted.items()}
    eventually(lambda: len(os.listdir("/proc/self/fd")) <= descriptors, 10)
