"""What each placement was last brought to. Its configuration is kept once for all placements that
have it, and forgotten with the last of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.model.names import InstanceId, PlacementId
from engine.model.service import Configuration
from engine.model.state import Deployed, State


def put_deployed(
    state: State,
    instance: InstanceId,
    hosts: Iterable[str],
    version: str,
    configuration: Configuration,
    sha256: str = "",
) -> State:
    """These hosts of an instance have this version with this configuration now."""
    digest = configuration.digest
    placements = [PlacementId(*instance, host) for host in hosts]
    there = {placement: Deployed(placement, version, digest, sha256) for placement in placements}
    if all(state.deployed.get(placement) == deployed for placement, deployed in there.items()):
        return state
    return _kept(replace(state, deployed={**state.deployed, **there}), {digest: configuration})


def drop_deployed(state: State, placement: PlacementId) -> State:
    """Nothing is deployed at the placement any more."""
    if placement not in state.deployed:
        return state
    deployed = {each: known for each, known in state.deployed.items() if each != placement}
    return _kept(replace(state, deployed=deployed), {})


def _kept(state: State, more: dict[str, Configuration]) -> State:
    """With the configurations that are still spoken of; most of the time all of them are."""
    if more and more.keys() == state.configurations.keys():
        return state
    used = {deployed.configuration for deployed in state.deployed.values()}
    known = {**state.configurations, **more}
    return replace(state, configurations={digest: known[digest] for digest in known if digest in used})
