"""``once``, the hook of a migration: at most once for each change, after its release is staged and
before anything of it is drained. Ways back run none, and undo none: the old version has to bear it.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.model.change import Kind, Move
from engine.model.hook import Hook, HookName, HookState, once_of
from engine.model.hook_event import HookIntended
from engine.model.names import PlacementId
from engine.model.snapshot import Action, RunHook
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate
from engine.plan.rollouts.batch import execution
from engine.plan.rollouts.hooks import Part, resume, within_reach
from engine.plan.rollouts.under_way import UnderWay


def once_failure(rollout: UnderWay) -> str:
    """Why a change fails before anything of it has moved, "" if its migration has not failed."""
    run = once_of(rollout.change.hooks, rollout.item.service)
    if run is None or run.state is not HookState.FAILED:
        return ""
    log = "".join(f"\n  {run.on}| {line}" for line in run.log[-5:])
    return (
        f"the hook once of {rollout.item.service} {rollout.item.goal} failed on {run.on}, and nothing was moved: "
        f"{run.detail}{log}"
    )


def once_first(rollout: UnderWay, left: Iterable[PlacementId], busy: set[str]) -> Part | None:
    """What has to happen to ``once`` before a placement may move; None: nothing."""
    hook = rollout.item.configuration.hooks.once
    if hook is None or rollout.change.kind is not Kind.DEPLOY:
        return None
    run = once_of(rollout.change.hooks, rollout.item.service)
    if run is None:
        first = sorted(left, key=lambda p: (not rollout.estate.reachable(p.host), p.host in busy))
        return _begin(rollout, hook, first[0], busy) if first else None
    if run.state is HookState.RUNNING:
        return [], []
    if run.state is HookState.UNKNOWN:
        message = (
            f"nobody knows whether the hook once of {rollout.item.service} did its work on {run.on}: {run.detail}. "
            "Look there, then say so"
        )
        unblock = f"interlock hook {rollout.change.id} done|again"
        return [], [rollout.wait(Reason.HOOK_UNKNOWN, rollout.instance, message, unblock)]
    return None


def taken_up(estate: Estate) -> Part:
    """Migrations that were begun and that nobody carries out, whatever became of their changes since."""
    actions: list[Action] = []
    waits: list[Wait] = []
    for change in estate.state.unfinished():
        for item in change.items:
            run = once_of(change.hooks, item.service)
            if run is None or run.state is not HookState.RUNNING:
                continue
            rollout = UnderWay(estate, change, item)
            placement = PlacementId(*rollout.instance, run.host)
            staged = execution(rollout, _preparing(rollout, placement, run.step), None)
            more, why = resume(estate, change, run, item.configuration, staged)
            actions += more
            waits += why
    return actions, waits


def _begin(rollout: UnderWay, hook: Hook, placement: PlacementId, busy: set[str]) -> Part:
    if placement.host in busy:
        message = f"another service moves on {placement.host} just now, where the hook once is to run"
        return [], [rollout.wait(Reason.HOST_BUSY, placement, message)]
    change, service, state = rollout.change, rollout.item.service, rollout.estate.state
    turn = 1 + sum(run.hook is HookName.ONCE and run.service == service for run in change.hooks.values())
    step = f"{state.store[:12]}-{state.epoch}-{change.id}-{service}-once{turn}"
    on = hook.on or placement.host
    intent = HookIntended(change.id, service, placement.host, HookName.ONCE, step, on, attempt=turn)
    staged = execution(rollout, _preparing(rollout, placement, step), None)
    configuration = rollout.item.configuration
    act = RunHook(change.id, placement, HookName.ONCE, step, on, configuration, rollout.item.goal, intent, staged)
    busy.add(placement.host)
    return within_reach(rollout.estate, act)


def _preparing(rollout: UnderWay, placement: PlacementId, step: str) -> Move:
    """The move whose release is staged for it; it is not begun by that."""
    return Move(placement.host, step, None, rollout.item.goal, 1, rollout.estate.snapshot.now)
