"""Waits: every "not yet", with its reason. ONE table drives planner, messages and docs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why something does not move now. The value is the contract's CamelCase code."""

    DEPENDENCY_VERSION = "DependencyVersion"
    DEPENDENCY_UNHEALTHY = "DependencyUnhealthy"
    DEPENDENCY_BUSY = "DependencyBusy"
    DEPENDENT_INCOMPATIBLE = "DependentIncompatible"
    LOCKSTEP = "Lockstep"
    WINDOW_CLOSED = "WindowClosed"
    WINDOW_TOO_SHORT = "WindowTooShort"
    FREEZE = "Freeze"
    SOAK_REQUIRED = "SoakRequired"
    CONCURRENCY_LIMIT = "ConcurrencyLimit"
    FAILURE_DOMAIN_BUSY = "FailureDomainBusy"
    HOST_BUSY = "HostBusy"
    BLAST_RADIUS = "BlastRadius"
    ALARM_FIRING = "AlarmFiring"
    ALARM_UNKNOWN = "AlarmUnknown"
    HOST_UNREACHABLE = "HostUnreachable"
    ARTIFACT_MISSING = "ArtifactMissing"
    ARTIFACT_UNVERIFIED = "ArtifactUnverified"
    HELD = "Held"
    PAUSED = "Paused"
    ENGINE_DRAINING = "EngineDraining"
    FAILED_EARLIER = "FailedEarlier"
    HEAL_FAILED = "HealFailed"
    APPROVAL_REQUIRED = "ApprovalRequired"
    EVIDENCE_REQUIRED = "EvidenceRequired"
    BAD_VERSION = "BadVersion"
    NOT_BEFORE = "NotBefore"
    BAKING = "Baking"
    PROMOTION_REQUIRED = "PromotionRequired"
    HOOK_UNKNOWN = "HookUnknown"


GATES: dict[Reason, str] = {
    Reason.DEPENDENCY_VERSION: "dependency",
    Reason.DEPENDENCY_UNHEALTHY: "dependency",
    Reason.DEPENDENCY_BUSY: "dependency",
    Reason.DEPENDENT_INCOMPATIBLE: "dependency",
    Reason.LOCKSTEP: "dependency",
    Reason.WINDOW_CLOSED: "window",
    Reason.WINDOW_TOO_SHORT: "window",
    Reason.FREEZE: "freeze",
    Reason.SOAK_REQUIRED: "soak",
    Reason.CONCURRENCY_LIMIT: "limit",
    Reason.FAILURE_DOMAIN_BUSY: "domain",
    Reason.HOST_BUSY: "host",
    Reason.BLAST_RADIUS: "budget",
    Reason.ALARM_FIRING: "alarm",
    Reason.ALARM_UNKNOWN: "alarm",
    Reason.HOST_UNREACHABLE: "host",
    Reason.ARTIFACT_MISSING: "artifact",
    Reason.ARTIFACT_UNVERIFIED: "artifact",
    Reason.HELD: "hold",
    Reason.PAUSED: "pause",
    Reason.ENGINE_DRAINING: "engine",
    Reason.FAILED_EARLIER: "change",
    Reason.HEAL_FAILED: "heal",
    Reason.APPROVAL_REQUIRED: "approval",
    Reason.EVIDENCE_REQUIRED: "evidence",
    Reason.BAD_VERSION: "version",
    Reason.NOT_BEFORE: "time",
    Reason.BAKING: "bake",
    Reason.PROMOTION_REQUIRED: "promotion",
    Reason.HOOK_UNKNOWN: "hook",
}

# What keeps the estate whole is never anybody's to wave through (product: override).
NEVER_OVERRIDDEN = frozenset(
    {
        Reason.DEPENDENCY_VERSION,
        Reason.DEPENDENCY_UNHEALTHY,
        Reason.DEPENDENCY_BUSY,
        Reason.DEPENDENT_INCOMPATIBLE,
        Reason.LOCKSTEP,
        Reason.ARTIFACT_MISSING,
        Reason.ARTIFACT_UNVERIFIED,
        Reason.HOST_BUSY,
        Reason.BAD_VERSION,
        Reason.ENGINE_DRAINING,
        Reason.HOOK_UNKNOWN,
    }
)

# A change that waits only for these keeps its place in the queue (product: reservation).
RESERVING = frozenset(
    {
        Reason.DEPENDENCY_BUSY,
        Reason.CONCURRENCY_LIMIT,
        Reason.FAILURE_DOMAIN_BUSY,
        Reason.HOST_BUSY,
        Reason.BLAST_RADIUS,
    }
)


def gate_named(text: str) -> str | None:
    """The gate or reason that a text names, whatever its case, as the tables write it. Where a
    gate and its reason differ in case only, it is the gate."""
    names = [*GATES.values(), *(reason.value for reason in Reason)]
    if text in names:
        return text
    return next((name for name in names if name.casefold() == text.casefold()), None)


def reasons_of(gate: str) -> frozenset[Reason]:
    """The reasons that a gate's name, or a reason's own, stands for; none if it is neither."""
    return frozenset(reason for reason in Reason if gate in (reason.value, GATES[reason]))


@dataclass(frozen=True, slots=True)
class Wait:
    """One reason why ``subject`` does not move.

    ``subject`` is a placement, an instance or a change, as text; ``change`` is the change
    held ("" if none); ``owner`` the team or policy that imposed it; ``unblock`` what a person
    could do now; ``until`` when it can clear, if known; ``since`` is stamped by the runtime.
    ``blocker`` is the change that has to move first ("" if it is no change): within one
    change that is its order, not an obstacle.
    """

    reason: Reason
    subject: str
    message: str
    change: str = ""
    owner: str = ""
    unblock: str = ""
    blocker: str = ""
    until: datetime | None = None
    since: datetime | None = None

    @property
    def gate(self) -> str:
        """The gate this wait belongs to."""
        return GATES[self.reason]
