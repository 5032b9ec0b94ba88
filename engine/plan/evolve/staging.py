"""Events of releases of changes that wait: brought ahead of their time, and their content fixed."""

from __future__ import annotations

from dataclasses import replace

from engine.model.event import Recorded
from engine.model.staging import ReleasePinned, ReleaseStaged, Staged
from engine.model.state import State
from engine.plan.evolve.parts import change_of, put_change, with_item


def evolve_staging(state: State, recorded: Recorded) -> State:
    """The state after one try, or after an artifact came. Tries of other content begin anew."""
    event = recorded.event
    if isinstance(event, ReleasePinned):
        change = change_of(state, event.change)
        return put_change(state, with_item(change, replace(change.item(event.service), sha256=event.sha256)))
    if not isinstance(event, ReleaseStaged):
        return state
    change = change_of(state, event.change)
    item = change.item(event.service)
    before = item.staged.get(event.host)
    tries = before.tries + 1 if before and before.sha256 == event.sha256 and not before.here else 1
    staged = Staged(event.sha256, event.here, tries, recorded.elapsed_s, event.detail)
    return put_change(state, with_item(change, replace(item, staged={**item.staged, event.host: staged})))
