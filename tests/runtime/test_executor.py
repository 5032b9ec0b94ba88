"""What the host says of a step, and what that makes of its move: who is to blame decides what comes next."""

from __future__ import annotations

import pytest

from engine.model.change import MoveState
from engine.model.observation import Claim
from engine.model.release import Storage
from engine.model.remote import Command, Reply
from engine.runtime.delivery import Delivery
from engine.runtime.executor import Ended, Executor, Unresolved
from engine.runtime.proving import Trusting
from tests.builders import service, world


class Scripted:
    """A host that answers each verb with what it is told to."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def run(self, host: str, command: Command) -> Reply:
        self.asked.append(command.verb)
        answer = self.answers[command.verb]
        return Reply(0, f"result\t{answer}\ndetail\tso it was\n") if answer else Reply(None)


async def carried_out(host: Scripted) -> Ended | Unresolved:
    made = world(service("web"))
    made.deploy(web="2.0")
    (act,) = made.settle()

    async def looks_again() -> None:
        return None

    delivery = Delivery(host, Trusting(), looks_again)  # type: ignore[arg-type]
    executor = Executor(host, delivery, Claim("store", 1, "engine"), "acme", Storage(), lambda move, phase: None)  # type: ignore[arg-type]
    return await executor.carry_out(act, made.inventory.hosts[act.placement.host])


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ("reverted", MoveState.REVERTED),  # the version failed its health: it is to blame
        ("unconfirmed", MoveState.UNCONFIRMED),  # nobody could reach the host: it is not
        ("lost", MoveState.UNCONFIRMED),
        ("rebooted", MoveState.UNCONFIRMED),
        ("failed", MoveState.FAILED),
    ],
)
async def test_how_a_step_ended_says_who_is_to_blame(said: str, becomes: MoveState) -> None:
    end = await carried_out(Scripted(stage="have", switch=said))
    assert isinstance(end, Ended)
    assert (end.state, end.detail) == (becomes, "so it was")


async def test_a_host_that_gives_no_answer_has_not_failed() -> None:
    end = await carried_out(Scripted(stage="have", switch=""))
    assert isinstance(end, Unresolved)
    assert not end.fenced


async def test_healthy_is_done_once_it_is_confirmed() -> None:
    host = Scripted(stage="have", switch="healthy", confirm="confirmed")
    end = await carried_out(host)
    assert isinstance(end, Ended)
    assert end.state is MoveState.DONE
    assert host.asked == ["stage", "switch", "confirm"]


async def test_a_host_that_obeys_another_engine_has_ended_nothing() -> None:
    end = await carried_out(Scripted(stage="have", switch="fenced"))
    assert isinstance(end, Unresolved)
    assert end.fenced
