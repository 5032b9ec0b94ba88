"""Host maintenance, restarts and removals: what is asked, shown, and would be touched."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from engine.api.protocol.judging import WaitView


class RemoveRequest(TypedDict):
    """``subject``: SERVICE@ENV; ``only_orphans``: never the instance itself."""

    subject: str
    reason: NotRequired[str]
    only_orphans: NotRequired[bool]


class TouchRequest(TypedDict):
    """``verb``: cordon, drain, uncordon, retire, unretire (of a host), restart or remove (of an
    instance)."""

    verb: str
    subject: str


class EnteredView(TypedDict):
    """An item of a change that enters a state."""

    change: str
    service: str
    state: str


class TouchView(TypedDict):
    """What a request would touch: the ``placements`` (SERVICE@ENV/HOST) that are stopped, restarted
    or started, the steps in flight that are given up, the items of other changes that go on or end
    by it, and what would hold the new change. ``refused``: why it would be refused, "" if not."""

    message: str
    refused: str
    placements: list[str]
    gives_up: list[str]
    lets_go: list[EnteredView]
    waits: list[WaitView]


class MaintenanceView(TypedDict):
    """``upkeep``: cordoned, drained or retired; ``emptied``: nothing runs there any more."""

    upkeep: str
    by: str
    reason: str
    since: str | None
    emptied: bool
