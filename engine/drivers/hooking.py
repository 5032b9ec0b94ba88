"""Hooks on hosts: a command of the user's, run once under a name, detached, its result kept there.

On the placement it runs in a release's folder, as the service's user, with the service's variables and
secrets; on another host as the login, with nothing but what its command says. The whole script
travels on standard input: nothing of it is an argument, and nothing is left of it on the host.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.drivers.bundle import exports
from engine.drivers.fencing import placement_args
from engine.drivers.spec import PlacementSpec, filled, values_of
from engine.drivers.wire import milliseconds, read, read_claim, unreadable
from engine.model.hook import Hook
from engine.model.inventory import Host
from engine.model.names import PlacementId
from engine.model.observation import Claim
from engine.model.remote import Command, Reply

GRACE_S = 15.0


class HookResult(StrEnum):
    """How a hook ended, as its host tells."""

    DONE = "done"
    FAILED = "failed"  # another status than 0, too slow, or it could not be begun; `detail` says which
    LOST = "lost"  # its job was killed
    REBOOTED = "rebooted"  # the host restarted under it
    FENCED = "fenced"  # the host obeys another engine (`holder`); nothing was done
    RUNNING = "running"  # still at it when the call's time was over: call again


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """A hook's result, with the last lines that it wrote."""

    result: HookResult
    detail: str = ""
    log: tuple[str, ...] = ()
    holder: Claim | None = None


def hook_on_placement(
    spec: PlacementSpec, held: Claim, step: str, command: Hook, secrets: Mapping[str, str], *, release: bool
) -> Command:
    """Run a hook on its placement: in the folder of ``spec.version`` (``release``), or of what is
    current. ``command`` has its placeholders filled in."""
    kept = {name: secrets[name] for name in spec.secrets}
    where = (("version", spec.version),) if release and spec.version else ()
    script = exports(spec.variables) + exports(kept) + _exec(command)
    return _command(spec, held, step, command, script, (*where, ("user", spec.user)))


def hook_elsewhere(spec: PlacementSpec, held: Claim, step: str, command: Hook) -> Command:
    """Run a hook on another host than its placement."""
    return _command(spec, held, step, command, _exec(command), (("user", ""),))


def expand_hook(command: Hook, placement: PlacementId, host: Host, version: str | None) -> Hook:
    """A hook with the placement's placeholders filled in; ``host`` is the placement's."""
    values = values_of(placement, host, version)
    return Hook(tuple(filled(word, values) for word in command.command), command.on, command.timeout_s)


def parse_hook(reply: Reply) -> HookAnswer:
    """Read the answer to a hook."""
    answer = read(reply)
    try:
        result = HookResult(answer.get("result"))
    except ValueError:
        raise unreadable(reply, "no result of a hook") from None
    return HookAnswer(result, answer.detail, answer.log, read_claim(answer.get("holder")))


def _exec(command: Hook) -> str:
    """The shell reads this from its standard input, which the command must not read on."""
    return f"exec {shlex.join(command.command)} </dev/null\n"


def _command(
    spec: PlacementSpec, held: Claim, step: str, command: Hook, script: str, more: tuple[tuple[str, str], ...]
) -> Command:
    wait_s = command.timeout_s + GRACE_S
    args = (
        *placement_args(spec, held),
        ("step", step),
        *more,
        ("timeout_ms", milliseconds(command.timeout_s)),
        ("wait_ms", milliseconds(wait_s)),
    )
    if "\0" in script:
        raise ValueError("a NUL character cannot be sent to a host")
    return Command("hook", args, script.encode(), timeout_s=wait_s + GRACE_S)
