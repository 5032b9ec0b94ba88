"""Hooks in the simulated world: on hosts, where a name runs once and its result is kept, and beside the
engine, whose end takes them along. What becomes of each is the seed's whim until all is healed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from engine.model.hook import ENGINE, Hook, HookState
from engine.model.snapshot import RunHook
from engine.sim.host import SimHost
from engine.sim.placed import Lines, SimHook
from engine.sim.tally import HookTally

PAUSE_S = 0.25
FAILS = {"once": 0.1, "pre": 0.06, "drain": 0.06, "undrain": 0.3, "post": 0.2}
HANGS = 0.05


async def attend(host: SimHost, step: str, kind: str, timeout_s: float, wait_s: float) -> Lines:
    """Run the hook, or attach to it if its name was used before; its result, in the end."""
    hook = host.hooks.get(step)
    if hook is None:
        hook = host.hooks[step] = SimHook(host.boot_id)
        host.witness.hooks.began(host.name, step, kind)
        hook.job = host.detach(_work(host, hook, step, kind, timeout_s), step)
    give_up_s = host.now_s + wait_s
    while hook.result is None:
        if hook.job is None or hook.job.done():
            if hook.boot == host.boot_id:
                hook.publish(("result", "lost"), ("detail", "the hook's job was killed"))
            else:
                hook.publish(("result", "rebooted"), ("detail", "the host was restarted under the hook"))
        elif host.now_s >= give_up_s:
            return (("result", "running"), ("detail", "the hook is still at work"))
        else:
            await asyncio.sleep(PAUSE_S)
    return hook.result


async def _work(host: SimHost, hook: SimHook, step: str, kind: str, timeout_s: float) -> None:
    state, detail = await _fate(host.random, kind, timeout_s, host.hooks_fail, host.pass_time)
    if state is HookState.DONE:
        host.witness.hooks.succeeded(step, kind)
    hook.publish(("result", state.value), *((("detail", detail),) if detail else ()), ("log", f"{kind} on {host.name}"))


async def _fate(
    random: Random, kind: str, timeout_s: float, fails: bool, pass_time: Callable[[float], object]
) -> tuple[HookState, str]:
    chance = random.random()
    if fails and chance < HANGS:
        await asyncio.sleep(timeout_s)
        return HookState.FAILED, f"it took longer than {timeout_s} s and was ended"
    await asyncio.sleep(random.uniform(0.1, 3.0))
    if fails and chance < HANGS + FAILS[kind]:
        return HookState.FAILED, "it ended with status 1"
    return HookState.DONE, ""


class LocalHooks:
    """Hooks beside one engine process."""

    def __init__(self, random: Random, tally: HookTally, fails: Callable[[], bool]) -> None:
        self._random = random
        self._tally = tally
        self._fails = fails

    async def __call__(self, act: RunHook, command: Hook) -> tuple[HookState, str, tuple[str, ...]]:
        """Run one."""
        kind = act.hook.value
        self._tally.began(ENGINE, act.step, kind)
        state, detail = await _fate(self._random, kind, command.timeout_s, self._fails(), lambda _: None)
        if state is HookState.DONE:
            self._tally.succeeded(act.step, kind)
        return state, detail, ()
