"""Carries out one hook: on its placement, on another host, or beside the engine. It decides nothing:
what was answered becomes the hook's end, and what could not be answered stays open.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine import drivers
from engine.drivers import HookAnswer, HookResult
from engine.errors import AnswerUnreadable, ArtifactUnreadable, SecretMissing
from engine.model.change import MoveState
from engine.model.hook import ENGINE, Hook, HookState
from engine.model.inventory import Host, Inventory
from engine.model.snapshot import RunHook
from engine.runtime.calls import Lost, ask
from engine.runtime.executor import Ended, Executor, Unresolved, fenced
from engine.runtime.local_hook import RunLocal
from engine.runtime.secret_values import Secrets, read_secrets

ENDS = {
    HookResult.DONE: HookState.DONE,
    HookResult.FAILED: HookState.FAILED,
    HookResult.LOST: HookState.UNKNOWN,
    HookResult.REBOOTED: HookState.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class HookOver:
    """What became of a hook."""

    state: HookState
    detail: str = ""
    log: tuple[str, ...] = ()


async def run_hook(act: RunHook, inventory: Inventory, executor: Executor, local: RunLocal) -> HookOver | Unresolved:
    """Run it, or re-attach to it if it was begun before: a host runs a name once."""
    hook = act.configuration.hooks.get(act.hook)
    host = inventory.hosts.get(act.placement.host)
    if hook is None or host is None:
        return HookOver(HookState.FAILED, f"{act.placement.host} left the inventory before it could be run")
    where = act.placement.host
    try:
        spec = drivers.expand(act.configuration, act.placement, host, act.version, inventory.organization)
        if act.staged is not None:
            refused = await executor.bring(act.staged, host, spec)
            if isinstance(refused, Ended):
                state = HookState.WITHHELD if refused.state is MoveState.WITHHELD else HookState.FAILED
                return HookOver(state, f"its release could not be staged: {refused.detail}")
            if refused is not None:
                return refused
        command = drivers.expand_hook(hook, act.placement, host, act.version)
        if act.on == ENGINE:
            return await _beside(act, command, local)
        where = act.on
        return await _on_host(act, command, spec, inventory.hosts[act.on], executor)
    except (ArtifactUnreadable, SecretMissing) as error:
        return HookOver(HookState.FAILED, str(error))
    except (Lost, AnswerUnreadable) as lost:
        return Unresolved(str(lost), host=where)


async def _beside(act: RunHook, command: Hook, local: RunLocal) -> HookOver:
    state, detail, log = await local(act, command)
    return HookOver(state, detail, log)


async def _on_host(
    act: RunHook, command: Hook, spec: drivers.PlacementSpec, host: Host, executor: Executor
) -> HookOver | Unresolved:
    at_home = host.name == act.placement.host
    secrets = await read_secrets(act.configuration.secrets if at_home else {})
    if at_home:
        sent = drivers.hook_on_placement(
            spec, executor.claim, act.step, command, secrets.values, release=act.staged is not None
        )
    else:
        sent = drivers.hook_elsewhere(spec, executor.claim, act.step, command)
    while True:
        answer = drivers.parse_hook(await ask(executor.transport, host, sent))
        if answer.result is HookResult.FENCED:
            return fenced(answer.holder, host.name)
        if answer.result is not HookResult.RUNNING:
            return _over(answer, secrets)


def _over(answer: HookAnswer, secrets: Secrets) -> HookOver:
    return HookOver(ENDS[answer.result], secrets.hide(answer.detail), secrets.hide_lines(answer.log))
