"""How far a call has come: what a deadline or a lost link means depends on nothing else."""

from __future__ import annotations

from enum import Enum, auto


class Stage(Enum):
    """Up to SENT the command was certainly not started; from SENT on it may be running."""

    CONNECTING = auto()
    INSTALLING = auto()  # the host script is being sent
    QUEUED = auto()  # other calls have all the channels
    OPENING = auto()  # the host was asked for a channel
    SENT = auto()  # the request to run is on its way
