"""Hooks around the moves of placements: which runs next, and what the rest waits for.

``pre`` and ``drain`` run between a move's intent and its step, ``undrain`` and ``post`` after its end.
A drained placement is a fact of its own, whatever becomes of its change: until ``undrain`` is known to
have succeeded it is unavailable, and ``undrain`` is tried again and again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from engine.model.change import FINAL, Change, Item, Move, MoveState
from engine.model.event import Event, MoveEnded
from engine.model.healing import HealEnded, Healing
from engine.model.hook import ENGINE, Hooked, HookName, HookRun, HookState
from engine.model.hook_event import HookEnded, HookIntended
from engine.model.names import PlacementId
from engine.model.service import Configuration
from engine.model.snapshot import Action, Decide, Execute, RunHook
from engine.model.state import Drained
from engine.model.wait import Reason, Wait
from engine.plan.care.upkeep import is_away, is_retired
from engine.plan.deployed import configuration_at
from engine.plan.estate import Estate

Part = tuple[list[Action], list[Wait]]

BEFORE = (HookName.PRE, HookName.DRAIN)


def needs_hooks_first(act: Execute) -> bool:
    """Whether something of its own runs before a move's step."""
    return any(act.configuration.hooks.get(name) for name in _before(act))


def _before(act: Execute) -> tuple[HookName, ...]:
    """What may run before it: of a withdrawal nothing, unless it is to come back."""
    if not act.change:  # a heal: what does not run needs no drain
        return BEFORE if act.drains else (HookName.PRE,)
    return BEFORE if act.goal is not None else (HookName.DRAIN,) if act.drains else ()


def begun(act: Execute) -> Action:
    """A move as it begins: with hooks before its step, by its intent alone."""
    return Decide(act.intent) if act.intent and needs_hooks_first(act) else act


def before(estate: Estate, change: Hooked, move: Move, act: Execute) -> Part | None:
    """What comes before the step of a move that is intended; None: the step itself.

    A hook that fails ends a move forward before anything was switched. A way back goes on without it:
    nothing of the user's own may keep a bad release where it is.
    """
    for name in _before(act):
        hook = act.configuration.hooks.get(name)
        if hook is None:
            continue
        step = step_of(move.step, name)
        run = change.hooks.get(step)
        if run is None:
            begun = _begin(estate, act, name, step)
            if move.back and not begun[0] and (hook.on or move.host) != move.host:
                continue
            return begun
        if run.state is HookState.RUNNING:
            return resume(estate, change, run, act.configuration, act if act.goal else None)
        if run.state is not HookState.DONE and not move.back:
            detail = f"the hook {name.value} {_sentence(run)}; nothing was switched"
            where = act.placement
            how = MoveState.WITHHELD if run.state is HookState.WITHHELD else MoveState.FAILED
            if not change.id:
                return [Decide(HealEnded(where, move.step, how, detail, run.log))], []
            return [Decide(MoveEnded(change.id, where.service, where.host, move.step, how, detail, run.log))], []
    return None


def after(estate: Estate) -> Part:
    """Everything owed behind moves that have ended: ``undrain``, then ``post``; and hooks that
    were begun and that nobody carries out."""
    actions: list[Action] = []
    waits: list[Wait] = []
    for drained in estate.state.drained.values():
        where = drained.placement
        if not (estate.is_moving(where) or is_away(estate, where) or is_retired(estate, where.host)):
            more, why = _undrain(estate, drained)
            actions += more
            waits += why
    for change, item, move in _moved(estate):
        more, why = _post(estate, change, item, move)
        actions += more
        waits += why
    for healing in estate.state.healings.values():
        more, why = _post_of_heal(estate, healing)
        actions += more
        waits += why
    return actions, waits


def step_of(move: str, hook: HookName, attempt: int = 1) -> str:
    """The name under which a hook of a move runs."""
    return f"{move}.{hook.value}{'' if attempt == 1 else attempt}"


def configuration_of(item: Item, move: Move) -> Configuration:
    """What the placement runs with after a move."""
    return (item.origin_configuration if move.back else None) or item.configuration


def is_hooked(change: Change, item: Item, move: Move, drained: bool) -> bool:
    """Whether a move that has ended still has a hook to run, or running; one that is waiting
    for another try of ``undrain`` has not."""
    if move.state is MoveState.MOVING:
        return False
    running = any(
        run.move == move.step and run.state is HookState.RUNNING
        for run in change.hooks.values()
        if run.service == item.service and run.hook in (HookName.UNDRAIN, HookName.POST)
    )
    return running or (not drained and is_post_owed(change, item, move))


def is_post_owed(change: Change, item: Item, move: Move) -> bool:
    """Whether ``post`` is still to be run for a move."""
    return (
        move.state is MoveState.DONE
        and move.goal is not None
        and configuration_of(item, move).hooks.post is not None
        and step_of(move.step, HookName.POST) not in change.hooks
    )


def is_running(change: Change, service: str) -> bool:
    """Whether any hook of a service's part of a change is at work."""
    return any(run.service == service and run.state is HookState.RUNNING for run in change.hooks.values())


def busy_hosts(estate: Estate, begin: Iterable[Action]) -> set[str]:
    """The hosts with a placement for which a hook is at work, or is among those that ``begin``."""
    drained = {drained.change for drained in estate.state.drained.values()}
    found = {act.placement.host for act in begin if isinstance(act, RunHook)}
    owners: list[Hooked] = [c for c in estate.state.changes.values() if c.status not in FINAL or c.id in drained]
    owners += estate.state.healings.values()
    return found | {run.host for change in owners for run in change.hooks.values() if run.state is HookState.RUNNING}


def resume(
    estate: Estate, change: Hooked, run: HookRun, configuration: Configuration, staged: Execute | None = None
) -> Part:
    """Take up a hook that nobody carries out: its host answers with what became of it. What ran
    beside an engine that is gone, nobody can tell."""
    if run.step in estate.snapshot.executing:
        return [], []
    placement = PlacementId(run.service, change.environment, run.host)
    if run.on == ENGINE:
        detail = "the engine ended while it ran there: what it has done is not known"
        return [Decide(_ended(change.id, run, HookState.UNKNOWN, detail))], []
    act = RunHook(change.id, placement, run.hook, run.step, run.on, configuration, None, staged=staged)
    return within_reach(estate, _with_version(estate, act))


def _begin(estate: Estate, act: Execute, name: HookName, step: str) -> Part:
    hook = act.configuration.hooks.get(name)
    on = (hook.on if hook else "") or act.placement.host
    where = act.placement
    intent = HookIntended(act.change, where.service, where.host, name, step, on, act.step)
    run = RunHook(act.change, where, name, step, on, act.configuration, act.goal, intent, act)
    return within_reach(estate, run if act.goal else _with_version(estate, replace(run, staged=None)))


def _undrain(estate: Estate, drained: Drained) -> Part:
    change: Hooked | None = estate.state.changes.get(drained.change) or estate.state.healings.get(drained.placement)
    hook, where = drained.configuration.hooks.undrain, drained.placement
    if hook is None or change is None:
        return [], []
    running = change.hooks.get(drained.running)
    if running is not None:
        return resume(estate, change, running, drained.configuration)
    left_s = drained.again_s - estate.snapshot.elapsed_s
    if left_s > 0:
        message = f"{where} is drained: undrain {drained.detail}; next try in {left_s:.0f} s"
        unblock = f"interlock hook {change.id} done|again" if change.id else f"interlock release {where.instance}"
        return [], [_wait(Reason.FAILED_EARLIER, where, message, change.id, unblock)]
    attempt = drained.attempts + 1
    on, step = hook.on or where.host, step_of(drained.move, HookName.UNDRAIN, attempt)
    intent = HookIntended(change.id, where.service, where.host, HookName.UNDRAIN, step, on, drained.move, attempt)
    act = RunHook(change.id, where, HookName.UNDRAIN, step, on, drained.configuration, None, intent)
    return within_reach(estate, _with_version(estate, act))


def _moved(estate: Estate) -> Iterator[tuple[Change, Item, Move]]:
    for change in estate.state.changes.values():
        if change.status not in FINAL:
            for item in change.items:
                for move in item.moves.values():
                    yield change, item, move


def _post(estate: Estate, change: Change, item: Item, move: Move) -> Part:
    configuration = configuration_of(item, move)
    hook = configuration.hooks.post
    where = PlacementId(item.service, change.environment, move.host)
    if hook is None or where in estate.state.drained:
        return [], []
    step = step_of(move.step, HookName.POST)
    run = change.hooks.get(step)
    if run is not None:
        return resume(estate, change, run, configuration) if run.state is HookState.RUNNING else ([], [])
    if not is_post_owed(change, item, move):
        return [], []
    on = hook.on or move.host
    intent = HookIntended(change.id, item.service, move.host, HookName.POST, step, on, move.step)
    return within_reach(estate, RunHook(change.id, where, HookName.POST, step, on, configuration, move.goal, intent))


def _post_of_heal(estate: Estate, healing: Healing) -> Part:
    """``post`` behind a heal that did its work, once it is undrained."""
    where, configuration = healing.placement, configuration_at(estate.state, healing.placement)
    hook = configuration.hooks.post if configuration else None
    if configuration is None or hook is None or not healing.done or where in estate.state.drained:
        return [], []
    step = step_of(healing.done, HookName.POST)
    run = healing.hooks.get(step)
    if run is not None:
        return resume(estate, healing, run, configuration) if run.state is HookState.RUNNING else ([], [])
    intent = HookIntended("", where.service, where.host, HookName.POST, step, hook.on or where.host, healing.done)
    act = RunHook("", where, HookName.POST, step, hook.on or where.host, configuration, None, intent)
    return within_reach(estate, _with_version(estate, act))


def _with_version(estate: Estate, act: RunHook) -> RunHook:
    """What its placeholder stands for: the release that a move goes to, else what is current."""
    if act.staged is not None:
        return _versioned(act, act.staged.goal)
    sighting = estate.state.sightings.get(act.placement)
    return _versioned(act, (sighting.release or sighting.version) if sighting else None)


def _versioned(act: RunHook, version: str | None) -> RunHook:
    return RunHook(
        act.change, act.placement, act.hook, act.step, act.on, act.configuration, version, act.intent, act.staged
    )


def within_reach(estate: Estate, act: RunHook) -> Part:
    """Run it, or wait for a host that it cannot be run on now."""
    hosts = [act.placement.host] if act.staged or act.placement.host not in estate.inventory.hosts else []
    hosts += [] if act.on == ENGINE else [act.on]
    for host in dict.fromkeys(hosts):
        if wait := _unreachable(estate, act, host):
            return [], [wait]
    return [act], []


def _unreachable(estate: Estate, act: RunHook, host: str) -> Wait | None:
    what = f"the hook {act.hook.value} of {act.placement}"
    if host not in estate.inventory.hosts:
        message = f"{host} left the inventory, and {what} is to run there"
        return _wait(Reason.HOST_UNREACHABLE, act.placement, message, act.change, f"put {host} back and reload")
    known = estate.state.hosts.get(host)
    if not estate.reachable(host):
        reason = known.reason if known and known.reason else "it has not been seen yet"
        message = f"{host} does not answer, and {what} is to run there: {reason}"
        return _wait(Reason.HOST_UNREACHABLE, act.placement, message, act.change, f"interlock probe {host}")
    if known is None or not known.fenced:
        reason = known.reason if known and known.reason else "this engine has not claimed it yet"
        return _wait(Reason.HOST_UNREACHABLE, act.placement, f"{host} is unfenced: {reason}", act.change)
    return None


def _wait(reason: Reason, subject: object, message: str, change: str, unblock: str = "") -> Wait:
    return Wait(reason, str(subject), message, change, unblock=unblock)


def _sentence(run: HookRun) -> str:
    on = "" if run.on == run.host else f" on {run.on}"
    if run.state is HookState.WITHHELD:
        return f"was not begun: {run.detail}"
    return f"failed{on}: {run.detail}" if run.state is HookState.FAILED else f"has no known outcome{on}: {run.detail}"


def _ended(change: str, run: HookRun, state: HookState, detail: str) -> Event:
    return HookEnded(change, run.service, run.host, run.hook, run.step, state, detail)
