"""Findings from history, which only an engine has: what nobody has deployed for long. A service
that rests for months is deployed by people who have forgotten how, on ground that has moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from engine.hygiene.rule import Remark
from engine.model.event import InstanceAdopted, Recorded
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.plan import dora

KINDS = (*dora.KINDS, InstanceAdopted)  # the events of the journal that ``latest`` reads
LONG = timedelta(days=180)


def latest(events: Iterable[Recorded]) -> dict[InstanceId, datetime]:
    """When each instance last changed its version, deployed or rolled back; of what no change
    ever moved, since when the engine has known it."""
    every = tuple(events)
    found: dict[InstanceId, datetime] = {}
    for recorded in every:
        if isinstance(recorded.event, InstanceAdopted):
            found.setdefault(recorded.event.instance, recorded.at)
    for trial in dora.trials(every):
        if trial.done is not None:
            found[trial.instance] = max(trial.done, found.get(trial.instance, trial.done))
    return found


def resting(inventory: Inventory, last: Mapping[InstanceId, datetime], now: datetime) -> Iterator[Remark]:
    """Instances that were not deployed for long."""
    for instance in inventory.instances():
        since = last.get(instance)
        if since is not None and now - since >= LONG:
            yield Remark(
                f"services.{instance.service}",
                f"{instance} was not deployed for {(now - since).days} days (since {since:%Y-%m-%d}): what nobody "
                "deploys, nobody knows how to deploy when it must be. Deploy it again, the same version if need be, "
                "or remove it",
            )
