"""What stops a thing from starting whatever its dependencies say: a person, or the engine going
down. The same for a rollout that wants to begin and for one that wants another placement.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.change import Change, Item
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate


def holds(estate: Estate, change: Change, item: Item) -> Iterator[Wait]:
    """The waits imposed by the engine's state and by people; none means go."""
    instance = change.instance(item)

    def wait(reason: Reason, message: str, owner: str = "", unblock: str = "") -> Wait:
        return Wait(reason, str(instance), message, change.id, owner, unblock)

    if estate.snapshot.draining:
        yield wait(Reason.ENGINE_DRAINING, "the engine is stopping; it goes on when an engine runs again")
    paused_by = estate.state.paused_by
    if paused_by:
        yield wait(Reason.PAUSED, f"{paused_by} paused the engine: nothing starts", paused_by, "interlock resume")
    if change.paused_by:
        message = f"{change.paused_by} paused change {change.id}{_why(item)}"
        yield wait(Reason.PAUSED, message, change.paused_by, f"interlock resume {change.id}")
    if change.held_by:
        message = f"{change.held_by} holds change {change.id}"
        yield wait(Reason.HELD, message, change.held_by, f"interlock release {change.id}")
    held_by = estate.known(instance).held_by
    if held_by:
        yield wait(Reason.HELD, f"{held_by} holds {instance}: hands off", held_by, f"interlock resume {instance}")


def _why(item: Item) -> str:
    """What made Interlock itself pause the change, "" if it was a person."""
    lost = next((move for move in item.moves.values() if move.counts_as_lost), None)
    if lost is None:
        return ""
    return (
        f": {lost.host} ran {lost.goal} healthily but could not be reached to confirm it "
        f"({lost.attempt} times), so it was put back to {lost.origin or 'nothing'}"
    )
