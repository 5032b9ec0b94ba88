"""The audit: the journal's events as they are kept, chained by their hashes."""

from __future__ import annotations

from typing_extensions import TypedDict


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


class HeadView(TypedDict):
    """Where the chain ends now. Kept elsewhere, it proves later that nothing before was changed."""

    store: str
    seq: int
    hash: str | None
