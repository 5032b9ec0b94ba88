"""Load, asked for by processes of their own: a hundred requests a second for a minute with twenty watchers of whom one
never reads, ten thousand changes queued as fast as they are taken, and the audit of a million events verified.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from engine.store.chain import START, Entry, Verdict, link, verify
from tests.load.crowd import crowd
from tests.load.rig import Rig, estate, rig
from tests.load.test_load import deploys, is_idle
from tests.load.watchers import Tally

TITLE = "Load: 100 requests/s for 60 s beside 20 watchers, 10,000 changes queued, an audit of 1,000,000 events"
SECONDS, PER_S, WATCHERS, CHANGES, ROWS = 60.0, 100.0, 20, 10_000, 1_000_000


def _row(what: str, tally: Tally, took_s: float, **more: object) -> dict[str, object]:
    return {
        "what": what,
        "done": len(tally.took_s),
        "p50, ms": tally.quantile_ms(0.5),
        "p99, ms": tally.quantile_ms(0.99),
        "wrong": len(tally.wrong),
        "took, s": round(took_s, 1),
        "lost events": more.get("lost", "-"),
        "RSS, MB": _rss_mb(),
    }


def _rss_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 // 1_000_000


def _steady(served: Rig) -> dict[str, object]:
    with crowd(served.address) as watching, crowd(served.address) as asking:
        watching.watch(WATCHERS - 1)
        began = time.perf_counter()
        tally = asking.steadily(PER_S, SECONDS, deploys(served, 4))
        while not is_idle(served):
            time.sleep(0.05)
        end, seen = time.monotonic() + 30, watching.seen()
        while any(last < served.engine.seq for _, last, _ in seen) and time.monotonic() < end:
            time.sleep(0.05)
            seen = watching.seen()
    lost = sum(count != to - first + 1 for first, to, count in seen)
    return _row("requests beside watchers", tally, time.perf_counter() - began, lost=lost)


def _queued(served: Rig) -> dict[str, object]:
    names = list(served.engine.snapshot.inventory.services)
    goals = ({names[at % len(names)]: ("2.1", "3.0")[at // len(names) % 2]} for at in range(CHANGES))
    began = time.perf_counter()
    with crowd(served.address) as asking:
        tally = asking.at_once(8, [("/v1/changes", {"environment": "prod", "services": goal}) for goal in goals])
    while not is_idle(served):
        time.sleep(0.05)
    return _row("changes queued and drained", tally, time.perf_counter() - began)


def _audit() -> dict[str, object]:
    body, before, entries = '{"host":"h1","reach":"up","boot_id":"boot-1","fenced":true}', START, []
    for seq in range(1, ROWS + 1):
        row = (seq, "2026-01-05T12:00:00Z", seq / 10, "HostSeen", None, body)
        before = link(before, row)
        entries.append(Entry(*row, before))
    began = time.process_time()
    found = verify(entries, Verdict())
    took = time.process_time() - began
    assert found.seq == ROWS
    assert not found.wrong
    return _row("events of the audit verified", Tally([0.0] * ROWS), took)


def measure() -> list[dict[str, object]]:
    """A row for each."""
    with tempfile.TemporaryDirectory() as folder:
        with rig(Path(folder) / "steady", estate(services=30, hosts=30)) as served:
            rows = [_steady(served)]
        with rig(Path(folder) / "queue", estate(services=30, hosts=30)) as served:
            rows.append(_queued(served))
    return [*rows, _audit()]
