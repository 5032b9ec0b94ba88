"""Whether an outage may be asked for: only where a window allows it, whenever that opens."""

from __future__ import annotations

from engine.errors import RequestRefused
from engine.model.change import Change
from engine.plan.estate import Estate
from engine.plan.gates.outage import outage_windows
from engine.plan.sequencing.sequence import order


def check_outage(estate: Estate, change: Change) -> None:
    """Refuse a change that is to go in lockstep where no window policy allows an outage."""
    if not change.allow_lockstep:
        return
    goals = {item.service: item.goal for item in change.items}
    for group, _ in order(estate, change.environment, goals).locksteps:
        bare = [name for name in group if not outage_windows(estate, name, change.environment)]
        if bare:
            raise RequestRefused(
                f"{', '.join(group)} can only go in lockstep, which stops services, and no window policy with "
                f"outage: true covers {', '.join(bare)} in {change.environment}. Add outage: true to a window that "
                "applies there (policies.windows), or take versions that get on with both sides. Nothing was queued"
            )
