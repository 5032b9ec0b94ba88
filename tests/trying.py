"""How many examples a property is tried with: few in the suite, where every change is tried, and as
many times more as INTERLOCK_EXAMPLES says where there is time (a night). Properties draw estates that
get as far as what they claim, so that few examples ask much.
"""

from __future__ import annotations

import os

from hypothesis import settings

TIMES = int(os.environ.get("INTERLOCK_EXAMPLES", "1"))


def trying(examples: int) -> settings:
    """The settings of a property that ``examples`` fresh estates are enough for."""
    return settings(max_examples=examples * TIMES, deadline=None)
