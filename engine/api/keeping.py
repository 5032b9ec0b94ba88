"""How a host under maintenance is shown."""

from __future__ import annotations

from engine.api.moment import Moment
from engine.api.protocol import MaintenanceView
from engine.api.times import when
from engine.model.observation import Unit
from engine.model.text import printable


def maintenance_view(moment: Moment, host: str) -> MaintenanceView | None:
    """What people did with a host, None if it takes part as it should."""
    aside = moment.state.maintenance.get(host)
    if aside is None:
        return None
    seen = [sighting for placement, sighting in moment.state.sightings.items() if placement.host == host]
    return {
        "upkeep": aside.upkeep.value,
        "by": printable(aside.by),
        "reason": printable(aside.reason),
        "since": when(aside.at),
        "emptied": all(sighting.version is None and sighting.unit is Unit.ABSENT for sighting in seen),
    }
