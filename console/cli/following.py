"""Following a change to its end, with bars on a terminal and plain lines elsewhere.

It asks again and again instead of trusting a stream of events: what holds a change is state,
and a wait that appears makes no event. An engine that goes away is waited for, since it
takes the change up again when it is back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from console.cli.render.changes import FINAL, failure_text
from console.cli.reporting import Reporter, reporter
from console.cli.session import Session, say
from engine.api.client import Client
from engine.api.protocol import ChangeView
from engine.errors import EngineUnreachable, RequestRefused, WaitTimedOut

INTERVAL_S = 0.25
ABSENCE_S = 60.0
T = TypeVar("T")


def follow(client: Client, change: str, timeout_s: float | None, report: Reporter | None = None) -> ChangeView:
    """The change as it is at its end, or when ``timeout_s`` is over (then it is not final).

    Raises EngineUnreachable if the engine is away for longer than a minute.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    asked = Patient(lambda: client.change(change))
    view = asked()
    try:
        with report or reporter() as shown:
            shown.update(view)
            while view["state"] not in FINAL and (deadline is None or time.monotonic() < deadline):
                time.sleep(INTERVAL_S)
                view = asked()
                shown.update(view)
    except KeyboardInterrupt:
        say(f"change {change} goes on without this command (interlock pause {change} stops it at the next safe point)")
        raise
    return view


def follow_all(
    client: Client, changes: list[str], timeout_s: float | None, report: Callable[[], Reporter] = reporter
) -> ChangeView:
    """Each of several changes in turn; the view of the first that does not succeed, or the last."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    view = follow(client, changes[0], timeout_s, report())
    for change in changes[1:]:
        if view["state"] != "succeeded":
            break
        view = follow(client, change, None if deadline is None else max(0.0, deadline - time.monotonic()), report())
    return view


def finish(session: Session, change: ChangeView, timeout_s: float | None) -> None:
    """Give the final change as data (JSON only: its id is out already), and end as it ended:
    silently, with RequestRefused for a change that did not succeed, or WaitTimedOut."""
    session.give(change, lambda: "")
    if change["state"] == "succeeded":
        taken = [item["service"] for item in change["items"] if item["state"] == "superseded"]
        rest = f"; superseded by a newer change, and not moved by this one: {', '.join(taken)}" if taken else ""
        say(f"change {change['id']} succeeded{rest}")
        return
    if change["state"] not in FINAL:
        raise WaitTimedOut(
            f"change {change['id']} is still {change['state']} after {timeout_s:g} s; it goes on without this command "
            f"(interlock show {change['id']}, interlock why {change['id']})"
        )
    raise RequestRefused(failure_text(change))


class Patient(Generic[T]):
    """A question that is repeated while the engine, or the way to it, is away, for a limited time."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask

    def __call__(self) -> T:
        """The answer. Raises EngineUnreachable if the engine is away for longer than a minute."""
        lost_at: float | None = None
        while True:
            try:
                return self._ask()
            except EngineUnreachable:
                now = time.monotonic()
                if lost_at is None:
                    lost_at = now
                    say(f"the engine does not answer; waiting up to {ABSENCE_S:.0f} s for it to come back")
                if now - lost_at > ABSENCE_S:
                    raise
                time.sleep(INTERVAL_S)
