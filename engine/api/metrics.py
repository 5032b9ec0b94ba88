"""A few honest numbers for Prometheus, read from the engine when it is asked for them.

No label holds a host's or a service's name: the number of series does not grow with the
estate. What is counted (``_total``) is counted since this engine began, as Prometheus expects.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from engine.api.port import Port
from engine.model.change import MoveState, Status
from engine.model.event import ItemStatus, Recorded
from engine.model.healing import HealEnded
from engine.model.observation import Reach
from engine.model.wait import Reason
from engine.plan.forecast.accuracy import accuracy

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
RESULTS = (Status.SUCCEEDED, Status.FAILED, Status.REVERTED, Status.CANCELLED, Status.SUPERSEDED)


class _EngineNumbers(Collector):
    def __init__(self, port: Port, journal: Path | None) -> None:
        self._port = port
        self._journal = journal
        self.rollouts: Counter[str] = Counter()
        self.heals: Counter[str] = Counter()

    def collect(self) -> Iterator[Metric]:
        """The numbers of this moment."""
        yield from self._engine()
        yield from self._work()
        yield from self._hosts()
        yield from self._forecasts()

    def _engine(self) -> Iterator[Metric]:
        info = self._port.info()
        build = GaugeMetricFamily("interlock_build_info", "The version of the engine; always 1.", labels=["version"])
        build.add_metric([info["version"]], 1)
        yield build
        lag_s = info["lag_ms"] / 1000
        yield GaugeMetricFamily("interlock_loop_lag_seconds", "How late the engine's loop last woke.", value=lag_s)
        yield GaugeMetricFamily("interlock_engine_epoch", "The epoch under which hosts obey.", value=info["epoch"])
        paused = float(bool(info["paused_by"]))
        yield GaugeMetricFamily("interlock_engine_paused", "1 while a person has paused the engine.", value=paused)
        yield GaugeMetricFamily("interlock_journal_events", "Events in the journal.", value=info["seq"])
        if self._journal is not None:
            size = sum(_size(f"{self._journal}{end}") for end in ("", "-wal"))
            yield GaugeMetricFamily("interlock_journal_size_bytes", "The journal's files on disk.", value=size)

    def _work(self) -> Iterator[Metric]:
        state = self._port.snapshot.state
        moving = len(state.moves_in_flight()) + len(state.heals_in_flight())
        yield GaugeMetricFamily("interlock_moves_in_flight", "Placements being moved.", value=moving)
        drifted = sum(bool(healing.differs) for healing in state.healings.values())
        yield GaugeMetricFamily("interlock_placements_drifted", "Placements that have drifted.", value=drifted)
        ended = "since this engine began, by result."
        yield _total("interlock_heals", f"Heals ended {ended}", self.heals, [each.value for each in _HEALED])
        yield _total("interlock_rollouts", f"Rollouts ended {ended}", self.rollouts, [each.value for each in RESULTS])
        yield _by(
            "interlock_changes",
            "Unfinished and recent changes by status.",
            "status",
            Counter(change.status.value for change in state.changes.values()),
            [status.value for status in Status],
        )
        yield _by(
            "interlock_waits",
            "Waits by reason.",
            "reason",
            Counter(wait.reason.value for wait in self._port.plan.waits),
            [reason.value for reason in Reason],
        )

    def _hosts(self) -> Iterator[Metric]:
        hosts, states = self._port.snapshot.inventory.hosts, self._port.snapshot.state.hosts
        seen = Counter(states[host].reach.value if host in states else "unknown" for host in hosts)
        yield _by("interlock_hosts", "Hosts by whether they answer.", "state", seen, [reach.value for reach in Reach])
        latencies = [each for host in hosts if (each := self._port.transport.latency_ms(host)) is not None]
        family = GaugeMetricFamily(
            "interlock_host_latency_seconds", "How long hosts took to answer last, over all hosts.", labels=["rank"]
        )
        if latencies:
            family.add_metric(["median"], median(latencies) / 1000)
            family.add_metric(["highest"], max(latencies) / 1000)
        yield family

    def _forecasts(self) -> Iterator[Metric]:
        errors = accuracy(list(self._port.snapshot.state.changes.values()))
        family = GaugeMetricFamily(
            "interlock_forecast_error_ratio",
            "Median error of published forecasts, as a part of the time that lay ahead.",
            labels=["of"],
        )
        for name, error in (("start", errors.start_error), ("end", errors.end_error)):
            if error is not None:
                family.add_metric([name], error)
        yield family


_HEALED = (MoveState.DONE, MoveState.FAILED, MoveState.REVERTED, MoveState.UNCONFIRMED)


def _size(file: str) -> int:
    try:
        return os.stat(file).st_size
    except OSError:
        return 0


def _total(name: str, help_text: str, counted: Counter[str], known: list[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, help_text, labels=["result"])
    for value in dict.fromkeys([*known, *counted]):
        family.add_metric([value], counted[value])
    return family


def _by(name: str, help_text: str, label: str, counted: Counter[str], known: list[str]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for value in known:
        family.add_metric([value], counted[value])
    return family


class Metrics:
    """The engine's numbers in Prometheus' text format. ``journal``: the journal's file, if its
    size is to be told."""

    def __init__(self, port: Port, journal: Path | None = None) -> None:
        self._port = port
        self._numbers = _EngineNumbers(port, journal)
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self._numbers)

    async def follow(self) -> None:
        """Count what ends, for as long as the engine runs."""
        async for news in self._port.watch():
            if isinstance(news, Recorded):
                event = news.event
                if isinstance(event, ItemStatus) and event.status in RESULTS:
                    self._numbers.rollouts[event.status.value] += 1
                elif isinstance(event, HealEnded):
                    self._numbers.heals[event.state.value] += 1

    def text(self) -> bytes:
        """The numbers of this moment."""
        return generate_latest(self._registry)
