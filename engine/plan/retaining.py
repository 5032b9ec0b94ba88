"""Which artifacts somebody may still ask the engine for: what runs, what is to run, and what it would go
back to. The others that came with requests may go when their room is wanted.
"""

from __future__ import annotations

from engine.model.state import State


def needed_artifacts(state: State) -> frozenset[tuple[str, str]]:
    """The services with their versions of which an artifact must stay."""
    found = {(placement.service, seen.version) for placement, seen in state.sightings.items()}
    found |= {(placement.service, seen.release) for placement, seen in state.sightings.items()}
    found |= {(placement.service, deployed.version) for placement, deployed in state.deployed.items()}
    for instance, known in state.instances.items():
        found |= {(instance.service, known.target), *((instance.service, good.version) for good in known.good[-2:])}
    for change in state.unfinished():
        for item in change.items:
            found |= {(item.service, item.goal), (item.service, item.origin)}
            found |= {(item.service, move.origin) for move in item.moves.values()}
    return frozenset((service, version) for service, version in found if version)
