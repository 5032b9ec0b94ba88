"""Carries out one move: bring the release unless it is there, switch, confirm. It decides nothing: what
the host answers becomes the move's end, and what the host could not answer stays open, to be
taken up again under the same step name once the host is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine import drivers
from engine.drivers import ConfirmResult, StepResult, SwitchAnswer
from engine.errors import AnswerUnreadable, SecretMissing
from engine.model.change import MoveState
from engine.model.inventory import Host
from engine.model.observation import Claim
from engine.model.release import Storage
from engine.model.remote import Command
from engine.model.snapshot import Execute
from engine.runtime.calls import Lost, ask
from engine.runtime.delivery import Arrival, Brought, Delivery, Parcel
from engine.runtime.secret_values import Secrets, read_secrets
from engine.transport.protocol import Transport

CONFIRM_PAUSE_S = 0.5
ENDS = {
    StepResult.REVERTED: MoveState.REVERTED,
    StepResult.UNCONFIRMED: MoveState.UNCONFIRMED,
    StepResult.LOST: MoveState.UNCONFIRMED,
    StepResult.REBOOTED: MoveState.UNCONFIRMED,
    StepResult.FAILED: MoveState.FAILED,
    StepResult.WITHDRAWN: MoveState.DONE,
    StepResult.UNSTAGED: MoveState.FAILED,
}


@dataclass(frozen=True, slots=True)
class Ended:
    """The host told how the move ended."""

    state: MoveState
    detail: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Nobody knows yet: the host must be seen again first. ``reason`` says why it was lost;
    ``fenced``: it answered, and obeys another engine. ``host``: which, if it is not the placement's."""

    reason: str
    fenced: bool = False
    host: str = ""


@dataclass(frozen=True, slots=True)
class Executor:
    """Carries out moves over one transport, under one claim. ``phase`` is told how far a step
    has come."""

    transport: Transport
    delivery: Delivery
    claim: Claim
    organization: str
    storage: Storage
    phase: Callable[[Execute, str], None]

    async def carry_out(self, move: Execute, host: Host) -> Ended | Unresolved:
        """Do it, or re-attach to it if it was begun before: the host runs a step's name once."""
        try:
            if move.goal is None:
                return await self._withdraw(move, host)
            secrets = await read_secrets(move.configuration.secrets)
            end = await self._switch(move, host, secrets)
            return (
                replace(end, detail=secrets.hide(end.detail), log=secrets.hide_lines(end.log))
                if isinstance(end, Ended)
                else end
            )
        except SecretMissing as error:
            return Ended(MoveState.FAILED, str(error))
        except (Lost, AnswerUnreadable) as lost:
            return Unresolved(str(lost))

    async def _switch(self, move: Execute, host: Host, secrets: Secrets) -> Ended | Unresolved:
        spec = drivers.expand(move.configuration, move.placement, host, move.goal, self.organization)
        if not move.staged and (missed := await self.bring(move, host, spec)):
            return missed
        self.phase(move, "switching")
        former = None
        if move.former is not None:
            former = drivers.expand(move.former, move.placement, host, None, self.organization)
        command = drivers.switch(
            spec,
            self.claim,
            move.step,
            move.min_healthy_time_s,
            move.healthy_deadline_s,
            move.confirm_timeout_s,
            secrets.values,
            former,
            move.artifact.sha256 if move.artifact and not move.keep else "",
            move.keep_releases,
        )
        answer = await self._result(host, command)
        if answer.result is StepResult.UNSTAGED:  # the host has lost it meanwhile: pruned, or another content
            if missed := await self.bring(move, host, spec):
                return missed
            self.phase(move, "switching")
            answer = await self._result(host, command)
        if answer.result is StepResult.HEALTHY and not answer.confirmed:
            answer = await self._confirm(move, host, spec, command)
        if answer.result is StepResult.HEALTHY:
            return Ended(MoveState.DONE, answer.detail, answer.log)
        return _end(answer)

    async def bring(self, move: Execute, host: Host, spec: drivers.PlacementSpec) -> Ended | Unresolved | None:
        """Bring the release to the host. None: it is there; else how the move ends without it."""
        self.phase(move, "staging")
        parcel = Parcel(host, spec, move.artifact, self.storage, move.keep, move.anew)
        brought = await self.delivery.bring(parcel, self.claim, lambda: self.phase(move, "uploading"))
        return _missed(move, brought)

    async def _withdraw(self, move: Execute, host: Host) -> Ended | Unresolved:
        spec = drivers.expand(move.configuration, move.placement, host, None, self.organization)
        self.phase(move, "switching")
        return _end(await self._result(host, drivers.withdraw(spec, self.claim, move.step)))

    async def _confirm(self, move: Execute, host: Host, spec: drivers.PlacementSpec, switch: Command) -> SwitchAnswer:
        """Confirm over a fresh connection, again and again while the host may still be waiting
        for it; whoever won the race, the host's own account of the step is the answer."""
        self.phase(move, "confirming")
        loop = asyncio.get_running_loop()
        give_up = loop.time() + move.confirm_timeout_s
        while True:
            try:
                reply = await ask(self.transport, host, drivers.confirm(spec, self.claim, move.step))
                answer = drivers.parse_confirm(reply)
            except (Lost, AnswerUnreadable):
                if loop.time() >= give_up:
                    raise
                await asyncio.sleep(CONFIRM_PAUSE_S)
                continue
            if answer.result is ConfirmResult.CONFIRMED:
                return SwitchAnswer(StepResult.HEALTHY, confirmed=True)
            if answer.result is ConfirmResult.FENCED:
                return SwitchAnswer(StepResult.FENCED, answer.detail, holder=answer.holder)
            return await self._result(host, switch)

    async def _result(self, host: Host, command: Command) -> SwitchAnswer:
        """The step's result; while it is still at work, wait on."""
        while True:
            answer = drivers.parse_switch(await ask(self.transport, host, command))
            if answer.result is StepResult.BUSY:
                raise Lost(f"{host.name}: {answer.detail or 'another step of this service is under way'}")
            if answer.result is not StepResult.RUNNING:
                return answer


def _missed(move: Execute, brought: Brought) -> Ended | Unresolved | None:
    """How a move ends whose release could not be brought; None if it was."""
    match brought.arrival:
        case Arrival.HERE:
            return None
        case Arrival.FENCED:
            return fenced(brought.holder)
        case Arrival.UNPROVEN:
            return Ended(MoveState.WITHHELD, brought.detail)
    if move.artifact:
        return Ended(MoveState.FAILED, brought.detail)
    missing = f"{move.goal} is not on the host any more, and its artifact is not known here"
    return Ended(MoveState.FAILED, f"{missing}: {brought.detail}")


def _end(answer: SwitchAnswer) -> Ended | Unresolved:
    if answer.result is StepResult.FENCED:
        return fenced(answer.holder)
    if answer.result is StepResult.HEALTHY:
        return Unresolved("the host says healthy and neither confirmed nor put back: ask it again")
    detail = answer.detail or f"the host ended the step as {answer.result.value}"
    return Ended(ENDS[answer.result], detail, answer.log)


def fenced(holder: Claim | None, host: str = "") -> Unresolved:
    """The end of a step that a host refused because it obeys another engine."""
    whose = f"engine {holder.engine} (epoch {holder.epoch})" if holder else "another engine"
    return Unresolved(f"the host obeys {whose} now", fenced=True, host=host)
