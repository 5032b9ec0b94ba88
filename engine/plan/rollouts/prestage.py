"""Which releases to bring to hosts while their changes wait, and to the later batches of a rollout
while the first ones move (product: pre-stage).

Only what is certain to be wanted: people have approved, the evidence is there, the version is
not bad, its artifact is what was accepted. Nothing hangs on it: what cannot be brought is tried
a few times and then left to the step itself, which says why. It holds no change and fails none.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.model.change import Change, Item, Kind, MoveState, Status
from engine.model.names import InstanceId, PlacementId
from engine.model.release import Artifact
from engine.model.service import Service
from engine.model.snapshot import Stage
from engine.model.wait import Reason, Wait
from engine.plan.care.upkeep import shut
from engine.plan.estate import Estate

AT_ONCE = 8
TRIES = 3
REST_S = 30.0

# While one of these holds a change, it is not certain that it will ever start, or people have
# taken their hands off it.
UNCERTAIN = frozenset(
    {
        Reason.APPROVAL_REQUIRED,
        Reason.EVIDENCE_REQUIRED,
        Reason.BAD_VERSION,
        Reason.ARTIFACT_MISSING,
        Reason.ARTIFACT_UNVERIFIED,
        Reason.LOCKSTEP,
        Reason.HELD,
        Reason.PAUSED,
        Reason.ENGINE_DRAINING,
        Reason.FAILED_EARLIER,
    }
)


def prestage(estate: Estate, waits: Iterable[Wait], begun: Iterable[str] = ()) -> list[Stage]:
    """The releases to bring now, given why items wait: those in flight included, at most
    ``AT_ONCE``, and one to a host at a time. None to a host of ``begun``, where a step begins now."""
    snapshot = estate.snapshot
    if snapshot.draining or estate.state.paused_by:
        return []
    reasons: dict[tuple[str, str], set[Reason]] = {}
    for wait in waits:
        reasons.setdefault((wait.change, wait.subject), set()).add(wait.reason)
    room = AT_ONCE - len(snapshot.staging)
    busy = {*begun, *(name.rpartition("/")[2] for name in snapshot.staging)}
    found: list[Stage] = []
    for change, item in _waiting(estate):
        why = reasons.get((change.id, str(change.instance(item))), set())
        if why & UNCERTAIN or (item.status is Status.WAITING and not why):
            continue
        for stage in _of_item(estate, change, item):
            if len(found) >= room:
                return found
            if stage.placement.host not in busy:
                busy.add(stage.placement.host)
                found.append(stage)
    return found


def is_staged(item: Item, host: str, sha256: str) -> bool:
    """Whether the release was brought to the host already, with this very content."""
    known = item.staged.get(host)
    return known is not None and known.here and known.sha256 == sha256


def staged_count(estate: Estate, change: Change, item: Item) -> tuple[int, int]:
    """On how many of its placements the release is, and how many there are: brought ahead, or with the
    step that moved there."""
    placements = estate.placements(change.instance(item))
    return sum(_has(item, placement.host) for placement in placements), len(placements)


def _has(item: Item, host: str) -> bool:
    known, move = item.staged.get(host), item.moves.get(host)
    return (known is not None and known.here) or (move is not None and move.state is MoveState.DONE and not move.back)


def _waiting(estate: Estate) -> list[tuple[Change, Item]]:
    """Items that wait or move, in the order of the queue; of each instance the newest only, which the
    others make way for."""
    newest: dict[InstanceId, Change] = {}
    entries = [
        (change, item)
        for change in estate.state.unfinished()
        for item in change.items
        if item.status in (Status.WAITING, Status.RUNNING) and item.goal and not change.is_errand
    ]
    for change, item in entries:
        instance = change.instance(item)
        if instance not in newest or newest[instance].number < change.number:
            newest[instance] = change
    return [(change, item) for change, item in entries if newest[change.instance(item)] is change]


def _of_item(estate: Estate, change: Change, item: Item) -> list[Stage]:
    service = estate.service(item.service)
    artifact = estate.snapshot.catalog.find(item.service, item.goal)
    if service is None or artifact is None or not _is_to_be_staged(service, artifact, change, item):
        return []
    return [
        Stage(change.id, placement, f"{change.id}/{placement}", item.goal, item.configuration, artifact)
        for placement in estate.placements(change.instance(item))
        if _is_wanted(estate, item, placement, artifact)
    ]


def _is_to_be_staged(service: Service, artifact: Artifact, change: Change, item: Item) -> bool:
    if not item.sha256 and change.kind is Kind.ROLLBACK:
        return False  # it goes back to what nobody knows the digest of: what the hosts have stays
    sound = artifact.sha256 and not artifact.fault and item.sha256 in ("", artifact.sha256)
    return bool(service.rollout.prestage and sound)


def _is_wanted(estate: Estate, item: Item, placement: PlacementId, artifact: Artifact) -> bool:
    """Whether a host is to get the release now: it can take it, lacks it, and was not tried too
    often or too recently."""
    host = estate.state.hosts.get(placement.host)
    aside = placement.host in estate.moving or placement.host in estate.state.maintenance
    if host is None or not host.fenced or not estate.reachable(placement.host) or aside:
        return False
    if placement.host in item.moves:
        return False  # its step brings it, or brought it
    if shut(estate, placement.host):
        return False
    sighting = estate.state.sightings.get(placement)
    if sighting is not None and sighting.release == item.goal:
        return False  # it runs there already: only its configuration changes
    known = item.staged.get(placement.host)
    if known is None or known.sha256 != artifact.sha256:
        return True
    rested_s = estate.snapshot.elapsed_s - known.ended_s
    return not known.here and known.tries < TRIES and rested_s >= REST_S * known.tries
