"""What clients ask for: the bodies of requests, and the answer to those that are granted."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class DeployRequest(TypedDict):
    """``services`` maps a service to the version wanted. ``environment`` "" means the only
    one there is. ``accept_bridge``: where no order is safe, queue the bridge's steps;
    ``allow_lockstep``: where none is, stop what must be stopped, in a window for outages;
    ``through``: a change for each environment up to this one. ``reconfigure`` (apply only): take
    what differs in configuration or placements too; with no services, of all of them."""

    environment: str
    services: dict[str, str]
    reason: NotRequired[str]
    accept_bridge: NotRequired[bool]
    allow_lockstep: NotRequired[bool]
    through: NotRequired[str]
    reconfigure: NotRequired[bool]
    on_failure: NotRequired[str]
    dry_run: NotRequired[bool]
    evidence: NotRequired[dict[str, str]]
    not_before: NotRequired[str]
    when_available: NotRequired[bool]


class RollbackRequest(TypedDict):
    """``subject``: SERVICE, SERVICE@ENV or a change's id; ``to`` only with a service."""

    subject: str
    to: NotRequired[str]
    reason: NotRequired[str]
    chain: NotRequired[bool]
    mark_bad: NotRequired[bool]
    allow_lockstep: NotRequired[bool]


class SubjectRequest(TypedDict):
    """pause, resume, hold, release, cancel: a change's id, an instance, or "" for the engine."""

    subject: str


class DecisionRequest(TypedDict):
    """reject, abort, retry, expedite: a change's id, and why."""

    subject: str
    reason: NotRequired[str]


class ApprovalRequest(TypedDict):
    """``digest``: that of the ChangeView that was looked at."""

    subject: str
    digest: NotRequired[str]


class OverrideRequest(TypedDict):
    """``subject``: a change's id; ``gate``: a gate's name or one of its reasons; ``for_s``: for
    how many seconds (default: as long as the policy allows)."""

    subject: str
    gate: str
    reason: str
    for_s: NotRequired[float]


class HookRequest(TypedDict):
    """``subject``: a change's id. Its hooks that have no known, or no good, end did their work, or
    (``again``) are to be run anew."""

    subject: str
    again: bool


class ClearBadRequest(TypedDict):
    """``environment`` "" means wherever the versions are bad."""

    services: dict[str, str]
    reason: str
    environment: NotRequired[str]


class ProbeRequest(TypedDict):
    """The hosts to look at now; none means all."""

    hosts: list[str]


class Accepted(TypedDict):
    """What was queued ("" if nothing had to be), and a sentence for the operator. ``changes``
    are all of them where the request became several, each following the one before."""

    change: str
    message: str
    changes: NotRequired[list[str]]


class Problem(TypedDict):
    """The body of every refusal (status 4xx): a sentence, and the names that are near."""

    error: str
    nearest: list[str]


class ArtifactView(TypedDict):
    """A file that the engine keeps as the artifact of a version."""

    service: str
    version: str
    sha256: str
