"""Steps on a simulated host: run once under a name, detached, with the dead man's switch.

Follows host.sh's order of writes; the short naps between them are where crashes, kills and
reboots may fall.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from engine.sim.host import SimHost
from engine.sim.placed import Lines, Mark, Placed, Step
from engine.sim.staging import prune

PAUSE_S = 0.25
BUSY_AFTER_S = 5.0
BACKSTOP_GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class Order:
    """What a switch is asked to do; None of ``version`` is a withdrawal."""

    step: str
    version: str | None
    configuration: str = ""
    min_healthy_s: float = 0.0
    healthy_deadline_s: float = 0.0
    confirm_s: float = 0.0
    passes: int = 1
    driver: str = "systemd"
    keep: int = 5


async def begin(host: SimHost, placed: Placed, order: Order, wait_s: float, fence: Callable[[], Lines]) -> Lines:
    """Start the step, or attach to it if its name was used before; its result, in the end.
    ``fence`` answers for the host if it obeys somebody else by the time the step could start."""
    if order.step not in placed.steps:
        busy = await _until_free(host, placed, order.step)
        if fenced := fence():
            return fenced
        if busy:
            return (("result", "busy"), ("detail", f"the step {busy} is under way on {placed.service}"))
        if order.step not in placed.steps:
            launch(host, placed, order)
    return await _attach(host, placed, order.step, wait_s)


def launch(host: SimHost, placed: Placed, order: Order) -> None:
    """The step's folder appears and its job starts, for the first and only time."""
    placed.steps[order.step] = Step(host.boot_id)
    placed.working = order.step
    placed.driver = order.driver
    host.witness.launched(host.name, placed.service, order.step)
    work = _switch(host, placed, order) if order.version is not None else _withdraw(host, placed, order)
    placed.job = host.detach(work, order.step)


async def _until_free(host: SimHost, placed: Placed, step: str) -> str:
    """ "" once nobody is at work on the service, else the name of the step that is."""
    give_up_s = host.now_s + BUSY_AFTER_S
    while step not in placed.steps:
        if not placed.is_locked:
            if placed.mark is None:
                return ""
            recover(host, placed)
        if host.now_s >= give_up_s:
            return placed.working or "of another change"
        await asyncio.sleep(PAUSE_S)
    return ""


async def _attach(host: SimHost, placed: Placed, name: str, wait_s: float) -> Lines:
    step = placed.steps[name]
    give_up_s = host.now_s + wait_s
    while True:
        if _is_settled(host, placed, name) and step.result is not None:
            return (*step.result, ("confirmed", "yes")) if step.confirmed else step.result
        if host.now_s >= give_up_s:
            return (("result", "running"), ("detail", "the step is still at work"))
        if not placed.is_locked:
            recover(host, placed, name)
            continue
        await asyncio.sleep(PAUSE_S)


def _is_settled(host: SimHost, placed: Placed, name: str) -> bool:
    if placed.steps[name].result is None:
        return False
    mark = placed.mark
    return mark is None or mark.step != name or (not mark.reversing and mark.boot == host.boot_id)


def confirm(host: SimHost, placed: Placed, name: str) -> Lines:
    """Disarm the dead man's switch, if it has not fired."""
    step = placed.steps.get(name)
    if step is None:
        return (("result", "unknown"), ("detail", "no step of that name was run here"))
    if step.confirmed:
        return (("result", "confirmed"),)
    mark = placed.mark
    if mark is not None and mark.step == name and not mark.reversing:
        if mark.boot != host.boot_id:
            if not placed.is_locked:
                recover(host, placed)
            return (("result", "fired"), ("detail", "the host was restarted before the confirmation came"))
        if step.result is None or step.result[0] != ("result", "healthy"):
            return (("result", "unknown"), ("detail", "the step is not healthy yet"))
        placed.mark = None
        step.confirmed = True
        host.witness.note(f"{host.name} confirms {name}")
        host.witness.changed(host.name, placed.service)
        return (("result", "confirmed"),)
    if step.result is not None and step.result[0][1] in ("healthy", "reverted", "unconfirmed", "lost", "rebooted"):
        return (("result", "fired"), ("detail", "the previous release was put back before the confirmation came"))
    return (("result", "unknown"), ("detail", "the step has nothing to confirm"))


async def _switch(host: SimHost, placed: Placed, order: Order) -> None:
    step = placed.steps[order.step]
    await _nap(host)
    if order.version is None or order.version not in placed.releases:
        step.publish(("result", "failed"), ("detail", f"release {order.version} is not on this host: stage it first"))
        return
    if host.is_full:
        step.publish(("result", "failed"), ("detail", "cannot write the configuration (is the disk full?)"))
        return
    placed.configurations[order.step] = order.configuration
    if placed.configuration is None and placed.current is not None:
        placed.configurations["adopted"] = ""
    origin = placed.current
    origin_configuration = placed.configuration or ("adopted" if placed.current is not None else None)
    placed.mark = Mark(order.step, host.boot_id, origin, origin_configuration, order.version)
    host.witness.changed(host.name, placed.service)
    backstop_s = order.healthy_deadline_s + order.confirm_s + BACKSTOP_GRACE_S
    host.detach(_backstop(host, placed, order.step, backstop_s), f"guard of {order.step}")
    await _nap(host)
    placed.configuration, placed.current = order.step, order.version
    host.witness.changed(host.name, placed.service)
    await _nap(host)
    why = host.start(placed) or await _judge(host, placed, order)
    if why:
        step.cause = (("result", "reverted"), ("detail", why), ("log", f"{placed.service} {order.version} started"))
    elif placed.mark is not None:
        step.publish(("result", "healthy"))
        if await _confirmed(host, placed, order.confirm_s):
            if origin not in (None, order.version):
                placed.previous = origin
            placed.boxes.settle()
            prune(host, placed, order.keep)
            return
        step.cause = (("result", "unconfirmed"), ("detail", "healthy, but no confirmation came"))
    await _nap(host)
    await _fire(host, placed)


async def _judge(host: SimHost, placed: Placed, order: Order) -> str:
    """ "" once it was healthy long enough, else why not."""
    deadline_s = host.now_s + order.healthy_deadline_s
    since_s: float | None = None
    streak, known, why = 0, None, "no check was made"
    while placed.mark is not None:
        fault = _fault(host, placed, order)
        ident = placed.restarts(host.now_s)
        if known is not None and ident != known:
            fault = "the process ended and was restarted"
        known = ident
        if fault:
            since_s, streak, why = None, 0, fault
        else:
            since_s = host.now_s if since_s is None else since_s
            streak += 1
            if streak >= order.passes and host.now_s - since_s >= order.min_healthy_s:
                return ""
            why = "it was healthy too briefly"
        if host.now_s >= deadline_s:
            return why
        await asyncio.sleep(PAUSE_S)
    return why


def _fault(host: SimHost, placed: Placed, order: Order) -> str:
    if not placed.is_running(host.now_s):
        return "the process has ended and is being restarted"
    if not placed.is_healthy(host.now_s):
        return "the check fails with status 503"
    if placed.reported() != order.version:
        return f"it reports {placed.reported()}, not {order.version}"
    return ""


async def _confirmed(host: SimHost, placed: Placed, confirm_s: float) -> bool:
    until_s = host.now_s + confirm_s
    while placed.mark is not None:
        if host.now_s >= until_s:
            return False
        await asyncio.sleep(PAUSE_S)
    return True


async def _fire(host: SimHost, placed: Placed) -> None:
    if placed.mark is None:
        return
    placed.mark.reversing = True
    await _nap(host)
    reverse(host, placed, restart=True)


async def _backstop(host: SimHost, placed: Placed, step: str, seconds: float) -> None:
    await asyncio.sleep(seconds)
    if placed.mark is not None and placed.mark.step == step:
        if placed.job is not None and placed.is_locked:
            placed.job.cancel()
            await asyncio.sleep(0)
        recover(host, placed)


async def _withdraw(host: SimHost, placed: Placed, order: Order) -> None:
    await _nap(host)
    host.stop(placed)
    await _nap(host)
    placed.current = placed.configuration = None
    placed.boxes.remove()
    host.witness.changed(host.name, placed.service)
    placed.steps[order.step].publish(("result", "withdrawn"))


def recover(host: SimHost, placed: Placed, step: str = "", *, restart: bool = True) -> None:
    """Nobody is at work here, so what is armed is dead: put it back."""
    if placed.mark is not None:
        marked = placed.steps[placed.mark.step]
        if marked.cause is None:
            marked.cause = _cause_of_death(host, placed.mark, marked)
        placed.mark.reversing = True
        reverse(host, placed, restart=restart)
    wanted = placed.steps.get(step)
    if wanted is not None and wanted.result is None:
        result = "lost" if wanted.boot == host.boot_id else "rebooted"
        wanted.publish(("result", result), ("detail", "its job ended before the step switched anything"))


def _cause_of_death(host: SimHost, mark: Mark, step: Step) -> Lines:
    if mark.boot != host.boot_id:
        return (("result", "rebooted"), ("detail", "the host was restarted before the step was confirmed"))
    if step.result is not None:
        return (("result", "unconfirmed"), ("detail", "healthy, but its job was killed before a confirmation came"))
    return (("result", "lost"), ("detail", "the step's job was killed"))


def reverse(host: SimHost, placed: Placed, *, restart: bool) -> None:
    """Put the previous release back and keep the result."""
    mark = placed.mark
    if mark is None:
        return
    placed.current, placed.configuration = mark.origin, mark.origin_configuration
    host.witness.changed(host.name, placed.service)
    if restart:
        host.start(placed)
    said = f"release {mark.origin} was put back" if mark.origin else "nothing was installed before, so it was stopped"
    step = placed.steps[mark.step]
    step.publish(*(step.cause or (("result", "lost"),)), ("detail", said))
    placed.mark = None
    placed.working = ""
    host.witness.note(f"{host.name} puts back {placed.service} {mark.origin}")
    host.witness.changed(host.name, placed.service)


async def _nap(host: SimHost) -> None:
    await host.pass_time(host.random.uniform(0.001, 0.2))
