"""Hooks in the shapes of the protocol: how each run ended, what it wrote, what a person should know."""

from __future__ import annotations

from collections.abc import Iterable

from engine.api.moment import Moment
from engine.api.protocol import HookView, LogView
from engine.api.times import when
from engine.model.change import Change
from engine.model.hook import Hooked, HookName, HookRun, HookState
from engine.model.names import InstanceId, PlacementId
from engine.model.text import printable


def hook_views(change: Change) -> list[HookView]:
    """Every run of a hook of a change, in the order they began."""
    return [
        {
            "hook": run.hook.value,
            "service": run.service,
            "host": run.host,
            "on": run.on,
            "state": run.state.value,
            "attempt": run.attempt,
            "started": when(run.started),
            "finished": when(run.finished),
            "detail": printable(run.detail),
            "log": [printable(line) for line in run.log],
        }
        for run in change.hooks.values()
    ]


def warnings_of(moment: Moment, change: Change) -> list[str]:
    """What went wrong and does not fail the change: a failed ``post``, a placement still drained."""
    found = [_warning(run) for run in change.hooks.values() if _warns(change, run)]
    found += [
        f"{drained.placement} is still drained: undrain {drained.detail}"
        for drained in moment.state.drained.values()
        if drained.change == change.id and drained.detail and not moment.estate.is_moving(drained.placement)
    ]
    return [printable(text) for text in found]


def _warns(change: Change, run: HookRun) -> bool:
    ended_badly = run.state in (HookState.FAILED, HookState.UNKNOWN)
    item = next(item for item in change.items if item.service == run.service)
    move = item.moves.get(run.host)
    ignored = run.hook in (HookName.PRE, HookName.DRAIN) and move is not None and move.back and move.step == run.move
    return ended_badly and (run.hook is HookName.POST or ignored)


def _warning(run: HookRun) -> str:
    how = "failed" if run.state is HookState.FAILED else "has no known outcome"
    return f"the hook {run.hook.value} of {run.service} on {run.host} {how}: {run.detail}"


def heal_logs(moment: Moment, instances: Iterable[InstanceId], host: str = "") -> list[LogView]:
    """What the last heal of each placement of these came to, as long as it is remembered, after what its
    hooks wrote."""
    found: list[LogView] = []
    for placement in (each for instance in instances for each in moment.estate.inventory.placements(instance)):
        healing = moment.state.healings.get(placement)
        if healing is None or not healing.attempts or host not in ("", placement.host):
            continue
        under_way = healing.flight is not None
        found += hook_logs(healing)
        found.append(
            {
                "service": placement.service,
                "host": placement.host,
                "step": healing.flight.step if healing.flight else healing.done,
                "state": "moving" if under_way else "done" if healing.done else "failed",
                "detail": printable(healing.detail or f"heals {', '.join(healing.differs or healing.healed)}"),
                "lines": [],
            }
        )
    return found


def hook_logs(change: Hooked, host: str = "") -> list[LogView]:
    """What the hooks of a change, or of a heal, wrote, all of them or those for one host's placement."""
    return [
        {
            "service": run.service,
            "host": run.on,
            "step": run.step,
            "state": run.state.value,
            "detail": printable(run.detail),
            "lines": [printable(line) for line in run.log],
        }
        for run in change.hooks.values()
        if not host or host in (run.host, run.on)
    ]


def is_drained(moment: Moment, placement: PlacementId) -> bool:
    """Whether a placement is out of service until ``undrain`` succeeds."""
    return placement in moment.state.drained
