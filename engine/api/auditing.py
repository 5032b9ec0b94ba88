"""The routes of the audit: every request, decision and outcome as the journal keeps it. Whether the
chain holds is for the reader to work out, who need not trust this engine.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from engine.api.narrative import tell_recorded
from engine.api.past import Until, past_of
from engine.api.peer import actor
from engine.api.problems import Reply
from engine.api.protocol import AuditView, HeadView, ReplayView
from engine.api.reading import port_of
from engine.api.views import wait_view
from engine.errors import RequestDenied, UsageError
from engine.model.access import JournalCopied
from engine.model.event import ChangeAccepted
from engine.model.role import Role
from engine.model.text import printable
from engine.plan.people.authority import may
from engine.runtime.replay import catalog_of, replay, turn_of
from engine.runtime.revisions import inventory_at
from engine.store.chain import Entry
from engine.store.codec import decode_event

router = APIRouter(prefix="/v1/audit", tags=["look"])
MOST_OF_A_TURN = 1000  # events before and after one, among which its turn is looked for
SQLITE = "application/vnd.sqlite3"
After = Annotated[int, Query(ge=0, le=2**62)]
Limit = Annotated[int, Query(ge=1, le=10_000)]


@router.get("", response_model=list[AuditView])
async def audit(request: Request, after: After = 0, limit: Limit = 1000) -> Any:
    """Events past ``after``, oldest first, with the hashes that chain them."""
    entries = await port_of(request).store.entries(after=after, limit=limit)
    return Reply([_view(entry) for entry in entries])


@router.get("/head", response_model=HeadView)
async def head(request: Request) -> Any:
    """Where the chain ends."""
    port = port_of(request)
    seq = port.info()["seq"]
    last = await port.store.entries(after=max(0, seq - 1), limit=1)
    view: HeadView = {"store": port.snapshot.state.store, "seq": seq, "hash": last[-1].hash if last else None}
    return Reply(view)


@router.get("/replay/{seq}", response_model=ReplayView)
async def replayed(request: Request, seq: Annotated[int, InPath(ge=1, le=2**62)]) -> Any:
    """The decision that event ``seq`` is, made again from the state and the inventory of then."""
    port, past = port_of(request), past_of(request)
    around = await port.store.read(after=max(0, seq - MOST_OF_A_TURN), limit=2 * MOST_OF_A_TURN)
    if seq not in {recorded.seq for recorded in around}:
        raise UsageError(f"the journal has no event {seq}; the last is {port.info()['seq']}")
    turn = turn_of(around, seq)
    before = await past.then(port.store, Until(seq=turn[0].seq - 1))
    kept = await inventory_at(port.store, seq)
    today = port.snapshot
    told = replace(
        today, inventory=kept[1] if kept else today.inventory, catalog=catalog_of(today.catalog, before.state)
    )
    found = await asyncio.to_thread(replay, told, before.state, turn, seq)
    recorded = next(each for each in turn if each.seq == seq)
    event = tell_recorded(recorded)
    view: ReplayView = {
        "seq": seq,
        "at": event["at"],
        "kind": event["kind"],
        "message": event["message"],
        "inventory": kept[0] if kept else None,
        "decision": found.is_decision,
        "same": found.is_same,
        "decided": [tell_recorded(each)["message"] for each in found.decided],
        "waits": [wait_view(wait) for wait in found.plan.waits],
    }
    return Reply(view)


@router.get("/journal", response_class=FileResponse, responses={200: {"content": {SQLITE: {}}}})
async def journal(request: Request) -> Any:
    """A copy of the whole journal, to keep as a backup. Only an admin may."""
    port, person = port_of(request), actor(request)
    if not may(port.snapshot.inventory, person, Role.ADMIN, None):
        raise RequestDenied(f"{person} may not copy the journal: that takes an admin. Nothing was changed.")
    seq, folder = port.info()["seq"], Path(tempfile.mkdtemp(prefix="interlock-backup-"))
    file = folder / "journal.db"
    try:
        await port.store.copy_to(file)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    port.note(JournalCopied(person, seq))
    return FileResponse(file, media_type=SQLITE, background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True))


def _view(entry: Entry) -> AuditView:
    recorded = decode_event((entry.seq, entry.at, entry.elapsed_s, entry.kind, entry.body))
    event = recorded.event
    by = event.change.requested_by if isinstance(event, ChangeAccepted) else getattr(event, "by", "")
    return {**entry._asdict(), "by": printable(by), "message": tell_recorded(recorded)["message"]}  # type: ignore[typeddict-item]
