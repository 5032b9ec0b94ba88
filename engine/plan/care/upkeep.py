"""What host maintenance means to every rule: which placements take part at all, on which hosts no
step begins, and what is only away for a while. It decides nothing itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.model.change import Kind, Move
from engine.model.inventory import Inventory
from engine.model.maintenance import Maintenance, Upkeep
from engine.model.names import PlacementId
from engine.model.service import Service
from engine.model.state import State
from engine.model.wait import Reason, Wait

if TYPE_CHECKING:  # an estate asks these itself
    from engine.plan.estate import Estate


def in_service(inventory: Inventory, state: State) -> Inventory:
    """The inventory as the rules see it: no service has a placement on a retired host."""
    retired = {name for name, aside in state.maintenance.items() if aside.upkeep is Upkeep.RETIRED}
    if not retired:
        return inventory
    services = {name: _off(service, retired) for name, service in inventory.services.items()}
    return replace(inventory, services=services)


def _off(service: Service, retired: set[str]) -> Service:
    if not any(host in retired for hosts in service.hosts.values() for host in hosts):
        return service
    left = {env: tuple(host for host in hosts if host not in retired) for env, hosts in service.hosts.items()}
    return replace(service, hosts=left)


def shut(estate: Estate, host: str, *, back: bool = False) -> Maintenance | None:
    """The maintenance for which no step begins on a host, None if one may. What goes back is not
    held by a mere cordon: nothing new is started by it."""
    aside = estate.state.maintenance.get(host)
    return None if aside is None or (back and aside.upkeep is Upkeep.CORDONED) else aside


def in_reach(estate: Estate, host: str, *, back: bool = False) -> bool:
    """Whether a step may begin on the host, as far as the host itself and its maintenance go."""
    return estate.reachable(host) and shut(estate, host, back=back) is None


def is_retired(estate: Estate, host: str) -> bool:
    """Whether the host is out of everything."""
    aside = estate.state.maintenance.get(host)
    return aside is not None and aside.upkeep is Upkeep.RETIRED


def is_away(estate: Estate, placement: PlacementId) -> bool:
    """Whether it was stopped for its host's maintenance and is to come back: until then it is
    unavailable, and neither ill nor adrift."""
    return placement in estate.away


def is_draining(estate: Estate, move: Move) -> bool:
    """Whether the move stops a placement for its host's maintenance only: it is to come back."""
    return any(
        change.kind is Kind.DRAIN and item.moves.get(move.host) is move
        for entries in estate.errands.values()
        for change, item in entries
    )


def aside_wait(aside: Maintenance, placement: PlacementId, change: str) -> Wait:
    """The wait for the end of a host's maintenance."""
    return Wait(Reason.HELD, str(placement), aside.sentence(), change, aside.by, aside.undo)
