"""Steps: what changes a placement. Each has a name, runs once under it, detached on the host,
and keeps its result there; calling again attaches to the same step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from engine.drivers.bundle import bundle
from engine.drivers.fencing import placement_args
from engine.drivers.spec import PlacementSpec
from engine.drivers.wire import milliseconds, read, read_claim, unreadable
from engine.model.observation import Claim
from engine.model.remote import Command, Reply

# Over and above the deadlines: stopping (5 s), starting and putting back, on a loaded host.
GRACE_S = 30.0


class StepResult(StrEnum):
    """How a step ended, as its host tells."""

    HEALTHY = "healthy"  # switched and healthy; waits for its confirmation unless `confirmed`
    REVERTED = "reverted"  # unhealthy; the previous release is back
    UNCONFIRMED = "unconfirmed"  # was healthy, no confirmation came; the previous release is back
    WITHDRAWN = "withdrawn"  # stopped; nothing is current
    FAILED = "failed"  # could not be carried out, nothing was switched; `detail` says why
    LOST = "lost"  # its job was killed; what it had switched was put back
    REBOOTED = "rebooted"  # the host restarted under it; what it had switched was put back
    BUSY = "busy"  # another step of this service is under way; nothing was done
    FENCED = "fenced"  # the host obeys another engine (`holder`); nothing was done
    UNSTAGED = "unstaged"  # the release is not there; nothing was done, the name is not used up
    RUNNING = "running"  # still at it when the call's time was over: call again


@dataclass(frozen=True, slots=True)
class SwitchAnswer:
    """A step's result. ``detail`` is a sentence (which check failed and how), ``log`` the
    service's last lines; ``confirmed``: the dead man's switch is disarmed already."""

    result: StepResult
    detail: str = ""
    log: tuple[str, ...] = ()
    confirmed: bool = False
    holder: Claim | None = None


class ConfirmResult(StrEnum):
    """Who won the race between confirmation and the dead man's switch."""

    CONFIRMED = "confirmed"
    FIRED = "fired"  # the previous release is, or is being, put back
    UNKNOWN = "unknown"  # no such step, or not yet healthy: nothing was confirmed
    FENCED = "fenced"


@dataclass(frozen=True, slots=True)
class ConfirmAnswer:
    """The answer to a confirmation; the same one however often it is asked."""

    result: ConfirmResult
    detail: str = ""
    holder: Claim | None = None


def switch(
    spec: PlacementSpec,
    held: Claim,
    step: str,
    min_healthy_time_s: float,
    healthy_deadline_s: float,
    confirm_timeout_s: float,
    secrets: Mapping[str, str] = MappingProxyType({}),
    former: PlacementSpec | None = None,
    sha256: str = "",
    keep_releases: int = 5,
) -> Command:
    """Switch a placement to ``spec.version`` under the name ``step``; answers once the host has
    judged it. The host puts the previous release back by itself if it does not become healthy
    within ``healthy_deadline_s``, or is not confirmed within ``confirm_timeout_s`` after that.
    ``secrets`` are the values of ``spec.secrets``; they travel on standard input only. ``former``
    (another base or driver) is stopped first, started again if it goes back, and withdrawn once
    it is confirmed. The step begins only if the release is there, with content ``sha256`` ("" = any). Once it is
    confirmed, ``keep_releases`` stay on the host."""
    if not spec.version:
        raise ValueError(f"{spec.placement}: a switch needs a version")
    args = (
        *placement_args(spec, held),
        ("step", step),
        ("version", spec.version),
        ("sha256", sha256),
        ("configuration", spec.configuration),
        ("user", spec.user),
        ("min_healthy_ms", milliseconds(min_healthy_time_s)),
        ("healthy_deadline_ms", milliseconds(healthy_deadline_s)),
        ("confirm_ms", milliseconds(confirm_timeout_s)),
        ("wait_ms", milliseconds(healthy_deadline_s + GRACE_S)),
        *((("from_base", former.base), ("from_driver", former.driver.value)) if former else ()),
        ("keep", str(keep_releases)),
    )
    return Command("switch", args, bundle(spec, secrets), timeout_s=healthy_deadline_s + 2 * GRACE_S)


def parse_switch(reply: Reply) -> SwitchAnswer:
    """Read the answer to ``switch``."""
    answer = read(reply)
    try:
        result = StepResult(answer.get("result"))
    except ValueError:
        raise unreadable(reply, "no result of a step") from None
    return SwitchAnswer(
        result,
        answer.detail,
        answer.log,
        answer.get("confirmed") == "yes",
        read_claim(answer.get("holder")),
    )


def withdraw(spec: PlacementSpec, held: Claim, step: str) -> Command:
    """Stop a placement and leave nothing current, under the name ``step``: what reverting a
    first installation comes to. Needs no confirmation."""
    args = (*placement_args(spec, held), ("step", step), ("wait_ms", milliseconds(GRACE_S)))
    return Command("withdraw", args, timeout_s=2 * GRACE_S)


parse_withdraw = parse_switch


def confirm(spec: PlacementSpec, held: Claim, step: str) -> Command:
    """Disarm the dead man's switch of a healthy step, over a connection opened after it."""
    return Command("confirm", (*placement_args(spec, held), ("step", step)), timeout_s=15.0, fresh=True)


def parse_confirm(reply: Reply) -> ConfirmAnswer:
    """Read the answer to ``confirm``."""
    answer = read(reply)
    try:
        result = ConfirmResult(answer.get("result"))
    except ValueError:
        raise unreadable(reply, "no result of a confirmation") from None
    return ConfirmAnswer(result, answer.detail, read_claim(answer.get("holder")))


def service_log(spec: PlacementSpec, lines: int) -> Command:
    """The service's last lines; needs no claim."""
    args = (
        ("driver", spec.driver.value),
        ("base", spec.base),
        ("service", spec.service),
        ("lines", str(max(1, min(lines, 1000)))),
    )
    return Command("log", args)


def parse_log(reply: Reply) -> tuple[str, ...]:
    """The lines that ``service_log`` brought, oldest first."""
    return read(reply).all("log")
