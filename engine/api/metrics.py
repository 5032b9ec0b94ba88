"""A few honest numbers for Prometheus, read from the engine when it is asked for them.

No label holds a host's or a service's name: the number of series does not grow with the
estate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from engine.api.port import Port
from engine.model.change import Status
from engine.model.observation import Reach
from engine.model.wait import Reason


class _EngineNumbers(Collector):
    def __init__(self, port: Port) -> None:
        self._port = port

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The numbers of this moment."""
        state, info = self._port.snapshot.state, self._port.info()
        yield GaugeMetricFamily(
            "interlock_loop_lag_seconds", "How late the engine's loop last woke.", value=info["lag_ms"] / 1000
        )
        moving = len(state.moves_in_flight()) + len(state.heals_in_flight())
        yield GaugeMetricFamily(
            "interlock_moves_in_flight",
            "Placements being moved.",
            value=moving,
        )
        drifted = sum(bool(healing.differs) for healing in state.healings.values())
        yield GaugeMetricFamily("interlock_placements_drifted", "Placements that have drifted.", value=drifted)
        yield GaugeMetricFamily("interlock_heals", "Heals begun since the journal began.", value=state.heals)
        yield GaugeMetricFamily("interlock_journal_events", "Events in the journal.", value=info["seq"])
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
        hosts = self._port.snapshot.inventory.hosts
        seen = Counter(state.hosts[host].reach.value if host in state.hosts else "unknown" for host in hosts)
        yield _by("interlock_hosts", "Hosts by whether they answer.", "state", seen, [reach.value for reach in Reach])


def _by(name: str, help_text: str, label: str, counted: Counter[str], known: list[str]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for value in known:
        family.add_metric([value], counted[value])
    return family


class Metrics:
    """The engine's numbers in Prometheus' text format."""

    def __init__(self, port: Port) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_EngineNumbers(port))

    def text(self) -> bytes:
        """The numbers of this moment."""
        return generate_latest(self._registry)
