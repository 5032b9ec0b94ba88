"""Claims: whose commands a host obeys. A stale engine is refused by every host, whatever it
believes of itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.drivers.spec import PlacementSpec
from engine.drivers.wire import lines, read, read_claim, unreadable
from engine.model.observation import Claim
from engine.model.remote import Command, Reply


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """Whether the host took the claim; ``holder`` is whose it is now (None: could not be
    written at all, and ``detail`` says why)."""

    accepted: bool
    holder: Claim | None
    detail: str = ""


def claim(organization: str, bases: Iterable[str], wanted: Claim, take_over: bool = False) -> Command:
    """Claim an organization's base folders on one host for an engine's run.

    A host refuses a lower epoch, an equal one of another engine, and another store's claim
    unless ``take_over``. Claiming what one holds already is accepted: the call can be repeated.
    """
    args = claim_args(organization, wanted)
    if take_over:
        args = (*args, ("take_over", "yes"))
    return Command("claim", args, lines(("base", base) for base in sorted(set(bases))))


def parse_claim(reply: Reply) -> ClaimAnswer:
    """Read the answer to ``claim``."""
    answer = read(reply)
    result = answer.get("result")
    if result not in ("claimed", "fenced", "refused"):
        raise unreadable(reply, "no result of a claim")
    return ClaimAnswer(result == "claimed", read_claim(answer.get("holder")), answer.get("detail"))


def claim_args(organization: str, held: Claim) -> tuple[tuple[str, str], ...]:
    """The arguments by which every call that changes something shows its claim."""
    return (
        ("organization", organization),
        ("store", held.store),
        ("epoch", str(held.epoch)),
        ("engine", held.engine),
    )


def placement_args(spec: PlacementSpec, held: Claim) -> tuple[tuple[str, str], ...]:
    """The arguments that every call about one placement begins with."""
    return (
        *claim_args(spec.organization, held),
        ("driver", spec.driver.value),
        ("base", spec.base),
        ("service", spec.service),
    )
