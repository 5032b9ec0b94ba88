"""The audit: the journal's events as they are kept, chained by their hashes."""

from __future__ import annotations

from typing_extensions import TypedDict

from engine.api.protocol.judging import WaitView


class AuditView(TypedDict):
    """One event. ``hash`` is None for one from before the chain; ``body`` is JSON in a string, since
    its very bytes are hashed. ``by`` and ``message`` are for readers and are not hashed."""

    seq: int
    at: str
    elapsed_s: float
    kind: str
    change: str | None
    body: str
    hash: str | None
    by: str
    message: str


class ReplayView(TypedDict):
    """A decision made again. ``inventory``: the digest of the one it was made from, None where the
    journal kept none (today's stands in). ``decision``: whether it was one, and no news from outside;
    ``same``: whether it is decided again. ``decided`` are the sentences of what is decided in that
    turn of the loop, ``waits`` what it leaves waiting."""

    seq: int
    at: str
    kind: str
    message: str
    inventory: str | None
    decision: bool
    same: bool
    decided: list[str]
    waits: list[WaitView]


class HeadView(TypedDict):
    """Where the chain ends now. Kept elsewhere, it proves later that nothing before was changed."""

    store: str
    seq: int
    hash: str | None
