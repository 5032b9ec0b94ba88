"""What this console remembers between screens: where the cursor is, what is filtered, what was said
last. It belongs to one operator at one terminal and is never sent anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from console.tui.render.footer import Notice
from engine.api.protocol import PastView


@dataclass(slots=True)
class Session:
    """``queries`` holds each screen's filter; ``trail`` the screens to go back through;
    ``view`` is how the map is drawn (board|matrix|tree), ``whole`` whether a large one is shown whole,
    ``folded`` which tiers are one card;
    ``frozen_since`` is set while the picture is held still, ``past`` while it is one of the past."""

    environment: str = ""
    service: str = ""
    change: str = ""
    host: str = ""
    queries: dict[str, str] = field(default_factory=dict)
    trail: list[str] = field(default_factory=list)
    edges: bool = True
    view: str = "board"
    whole: bool = False
    folded: set[str] = field(default_factory=set)
    frozen_since: datetime | None = None
    past: PastView | None = None
    notice: Notice | None = None
