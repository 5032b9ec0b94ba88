"""The request by which a person says what became of a hook: of ``once`` whose end nobody knows, and of
``undrain`` that does not succeed.
"""

from __future__ import annotations

from engine.errors import RequestRefused
from engine.model.change import Change
from engine.model.hook import HookName, HookRun, HookState, once_of
from engine.model.hook_event import HookSettled
from engine.model.names import PlacementId
from engine.model.request import SettleHook
from engine.plan.estate import Estate
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.named import find_change


def settle_hook(estate: Estate, request: SettleHook) -> Judgement:
    """Its work was done, or it is to be run again."""
    change = find_change(estate, request.change)
    runs = _unsettled(estate, change)
    if not runs:
        raise RequestRefused(f"{_why_none(change)}. Nothing was changed")
    events = tuple(HookSettled(change.id, run.step, request.actor, request.again) for run in runs)
    what = ", ".join(f"{run.hook.value} of {run.service} on {run.on}" for run in runs)
    return events, f"{what}: {'to be run again' if request.again else 'taken as done'}"


def _unsettled(estate: Estate, change: Change) -> list[HookRun]:
    found = []
    for item in change.items:
        run = once_of(change.hooks, item.service)
        if run is not None and run.state is HookState.UNKNOWN:
            found.append(run)
    for drained in estate.state.drained.values():
        runs = [run for run in change.hooks.values() if run.hook is HookName.UNDRAIN and run.move == drained.move]
        if drained.change == change.id and not drained.running and runs and _is_of(change, runs[-1], drained.placement):
            found.append(runs[-1])
    return [run for run in found if run.state in (HookState.UNKNOWN, HookState.FAILED)]


def _is_of(change: Change, run: HookRun, placement: PlacementId) -> bool:
    return PlacementId(run.service, change.environment, run.host) == placement


def _why_none(change: Change) -> str:
    if any(run.state is HookState.RUNNING for run in change.hooks.values()):
        return f"a hook of change {change.id} is still at work: interlock show {change.id}"
    failed = [run for run in change.hooks.values() if run.hook is HookName.ONCE and run.state is HookState.FAILED]
    if failed:
        return (
            f"the hook once of change {change.id} failed, and its end is known: interlock retry {change.id} "
            "runs it again"
        )
    return f"no hook of change {change.id} waits for anybody's word"
