"""The host script's verbs on a simulated host, answered in the host script's own text.

``answer`` is what one exec of host.sh would be: it may take long, it may be killed with its
connection, and what it has launched goes on without it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from engine.model.observation import Claim
from engine.model.remote import Command, Reply
from engine.sim.clock import BEGINNING
from engine.sim.hooks import attend
from engine.sim.host import SimHost
from engine.sim.placed import Lines, Placed
from engine.sim.staging import lacks, stage, upload
from engine.sim.steps import Order, begin, confirm, recover

Call = dict[str, str]
READING_S = 3.0


async def answer(host: SimHost, command: Command) -> Reply:
    """What the host says to one call of the script."""
    call: Call = dict(command.args)
    verb = VERBS.get(command.verb)
    if verb is None:
        return Reply(64, "", "interlock host script: knows no verb of that name")
    return _reply(await verb(host, call, _pairs(command)))


def _reply(lines: Iterable[tuple[str, str]]) -> Reply:
    return Reply(0, "".join(f"{key}\t{value}\n" for key, value in lines))


def _pairs(command: Command) -> Lines:
    lines = command.stdin.decode().splitlines()
    return tuple((key, value) for key, _, value in (line.partition("\t") for line in lines))


def _claim_in(call: Call) -> Claim:
    return Claim(call["store"], int(call["epoch"]), call["engine"])


def _written(claim: Claim | None) -> str:
    return f"{claim.store} {claim.epoch} {claim.engine}" if claim else ""


def _fenced(host: SimHost, call: Call) -> Lines:
    """What a caller is told whose claim is not the host's; () if it is."""
    held = host.claims.get((call["base"], call["organization"]))
    if held == _claim_in(call):
        return ()
    said = f"this host obeys {_written(held) or 'nobody yet'}"
    return (("holder", _written(held)), ("result", "fenced"), ("detail", said))


async def _observe(host: SimHost, call: Call, pairs: Lines) -> Lines:
    lines = [("boot", host.boot_id), ("clock", f"{BEGINNING.timestamp() + host.now_s:.3f}")]
    for base in dict.fromkeys(value for key, value in pairs if key == "base"):
        lines += [("claim", _written(host.claims.get((base, call["organization"])))), ("free", "1000000000")]
    spec: Call = {}
    for key, value in pairs:
        spec[key] = value
        if key == "end":
            lines += _sighting(host, spec)
            spec = {}
    return tuple(lines)


def _sighting(host: SimHost, spec: Call) -> Lines:
    placed = host.place(spec["service"])
    said = _step_under_way(host, placed)
    unit = _unit(host, placed)
    healthy = placed.is_healthy(host.now_s)
    health = "unknown" if unit == "absent" else "passing" if healthy else "failing"
    return (
        ("service", placed.service),
        ("release", placed.current or ""),
        ("configuration", placed.configurations.get(placed.configuration or "", "")),
        ("sha256", placed.releases.get(placed.current or "", "")),
        ("changed", "yes" if placed.configuration is not None and placed.edited == placed.configuration else ""),
        *((("step", said),) if said else ()),
        ("unit", unit),
        ("restarts", str(placed.restarts(host.now_s)[1])),
        ("health", health),
        ("version", placed.reported() if healthy and "version" in spec else ""),
        ("detail", "" if healthy else "the check fails with status 503"),
    )


def _step_under_way(host: SimHost, placed: Placed) -> str:
    """The step's name, if there is one; a dead one is reversed on the way, after this answer."""
    name = placed.mark.step if placed.mark else placed.working
    if not name or (placed.mark is None and placed.steps[name].result is not None):
        return ""
    if not placed.is_locked:
        placed.working = ""
        if placed.mark is not None:

            async def put_back() -> None:
                if not placed.is_locked:
                    recover(host, placed)

            host.detach(put_back(), "recover")
    return name


def _unit(host: SimHost, placed: Placed) -> str:
    if placed.is_running(host.now_s):
        return "running"
    if placed.process is not None:
        return "failed"
    return "absent" if placed.current is None else "stopped"


async def _verify(host: SimHost, call: Call, pairs: Lines) -> Lines:
    lines: list[tuple[str, str]] = []
    await host.pass_time(READING_S)
    for placed in [host.place(value) for key, value in pairs if key == "service"]:
        if placed.current is not None:
            altered = "bin/run" if placed.current in placed.altered else ""
            lines += [("service", placed.service), ("release", placed.current), ("altered", altered)]
    return tuple(lines)


async def _claim(host: SimHost, call: Call, pairs: Lines) -> Lines:
    wanted = _claim_in(call)
    for key, base in pairs:
        held = host.claims.get((base, call["organization"])) if key == "base" else None
        if held is not None and not _beats(wanted, held, take_over=call.get("take_over") == "yes"):
            return (("holder", _written(held)), ("result", "fenced"), ("detail", f"{base} is claimed by another"))
        host.claims[base, call["organization"]] = wanted
    host.witness.note(f"{host.name} obeys {_written(wanted)}")
    return (("holder", _written(wanted)), ("result", "claimed"))


def _beats(wanted: Claim, held: Claim, *, take_over: bool) -> bool:
    if wanted.store != held.store:
        return take_over
    return wanted.epoch > held.epoch or wanted == held


async def _stage(host: SimHost, call: Call, _: Lines) -> Lines:
    return _fenced(host, call) or await stage(host, call, lambda: _fenced(host, call))


async def _upload(host: SimHost, call: Call, _: Lines) -> Lines:
    return _fenced(host, call) or await upload(host, call, lambda: _fenced(host, call))


async def _switch(host: SimHost, call: Call, pairs: Lines) -> Lines:
    if fenced := _fenced(host, call):
        return fenced
    order = Order(
        call["step"],
        call["version"],
        call["configuration"],
        int(call["min_healthy_ms"]) / 1000,
        int(call["healthy_deadline_ms"]) / 1000,
        int(call["confirm_ms"]) / 1000,
        int(dict(pairs).get("passes", "1")),
        call["driver"],
        int(call["keep"]),
    )
    placed, wait_s = host.place(call["service"]), int(call["wait_ms"]) / 1000
    if order.step not in placed.steps and (unstaged := lacks(placed, call["version"], call["sha256"])):
        return unstaged
    return await begin(host, placed, order, wait_s, lambda: _fenced(host, call))


async def _withdraw(host: SimHost, call: Call, _: Lines) -> Lines:
    if fenced := _fenced(host, call):
        return fenced
    order = Order(call["step"], None, driver=call["driver"])
    placed, wait_s = host.place(call["service"]), int(call["wait_ms"]) / 1000
    return await begin(host, placed, order, wait_s, lambda: _fenced(host, call))


async def _confirm(host: SimHost, call: Call, _: Lines) -> Lines:
    return _fenced(host, call) or confirm(host, host.place(call["service"]), call["step"])


async def _hook(host: SimHost, call: Call, _: Lines) -> Lines:
    if fenced := _fenced(host, call):
        return fenced
    kind = call["step"].rpartition("." if "." in call["step"] else "-")[2].rstrip("0123456789")
    return await attend(host, call["step"], kind, int(call["timeout_ms"]) / 1000, int(call["wait_ms"]) / 1000)


async def _log(host: SimHost, call: Call, _: Lines) -> Lines:
    placed = host.place(call["service"])
    return (("log", f"{placed.service} {placed.reported()}"),)


VERBS: dict[str, Callable[[SimHost, Call, Lines], Awaitable[Lines]]] = {
    "observe": _observe,
    "verify": _verify,
    "claim": _claim,
    "stage": _stage,
    "upload": _upload,
    "switch": _switch,
    "withdraw": _withdraw,
    "confirm": _confirm,
    "hook": _hook,
    "log": _log,
}
