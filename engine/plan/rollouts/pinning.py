"""What was taken before its artifact was there (``deploy --when-available``) means the first content that comes
under its name, and no other: an approval is bound to it, and every host gets the same.
"""

from __future__ import annotations

from engine.model.change import Status
from engine.model.snapshot import Action, Decide
from engine.model.staging import ReleasePinned
from engine.model.wait import Wait
from engine.plan.estate import Estate


def pins(estate: Estate) -> tuple[list[Action], list[Wait]]:
    """Fix the content of each waiting item whose artifact has come, verified."""
    actions: list[Action] = []
    for change in estate.state.unfinished():
        if not change.when_available:
            continue
        for item in change.items:
            known = estate.snapshot.catalog.find(item.service, item.goal)
            is_open = item.status is Status.WAITING and not item.sha256
            if is_open and known is not None and known.sha256 and not known.fault:
                actions.append(Decide(ReleasePinned(change.id, item.service, known.sha256)))
    return actions, []
