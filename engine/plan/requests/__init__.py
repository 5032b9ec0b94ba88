"""Judges what operators ask: ``judge(snapshot, request)`` answers with the events that would
grant it, or raises with the sentence that refuses it. Nothing is granted half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import RequestDenied
from engine.model import maintenance as hosts
from engine.model import request as ask
from engine.model.request import Request
from engine.model.snapshot import Snapshot
from engine.plan.estate import Estate
from engine.plan.people.authority import forbidden, forbidden_outcome
from engine.plan.requests.again import clear_bad, expedite, retry
from engine.plan.requests.chains import rollback_chain
from engine.plan.requests.consenting import approve, reject
from engine.plan.requests.errands import remove, restart
from engine.plan.requests.hooking import settle_hook
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.lifting import override
from engine.plan.requests.linking import deploy_linked
from engine.plan.requests.named import find_change, find_environment, find_instance, find_service
from engine.plan.requests.promoting import promote
from engine.plan.requests.queueing import deploy, rollback
from engine.plan.requests.stopping import abort, cancel, hold, pause, release, resume
from engine.plan.requests.upkeep import cordon, drain, retire, uncordon, unretire

__all__ = ["find_change", "find_environment", "find_instance", "find_service", "judge"]


def judge(snapshot: Snapshot, request: Request) -> Judgement:
    """The events that grant a request (none if nothing has to be done), and a sentence.

    Raises UsageError for what cannot be meant (an unknown name), RequestRefused for what is
    understood and not possible, RequestDenied (one of these) for what the actor may not ask.
    """
    estate = Estate(snapshot)
    _allow(forbidden(estate, request))
    events, said = _JUDGES[type(request)](estate, request)
    _allow(forbidden_outcome(estate, request, events))
    return events, said


def _allow(refusal: str) -> None:
    if refusal:
        raise RequestDenied(refusal)


def _deploy(estate: Estate, request: ask.Deploy) -> Judgement:
    return (deploy_linked if request.accept_bridge or request.through else deploy)(estate, request)


def _rollback(estate: Estate, request: ask.Rollback) -> Judgement:
    return (rollback_chain if request.chain else rollback)(estate, request)


_JUDGES: Mapping[type, Callable[[Estate, Any], Judgement]] = {
    ask.Deploy: _deploy,
    ask.Rollback: _rollback,
    ask.Pause: pause,
    ask.Resume: resume,
    ask.Cancel: cancel,
    ask.Hold: hold,
    ask.Release: release,
    ask.Abort: abort,
    ask.Retry: retry,
    ask.Promote: promote,
    ask.Expedite: expedite,
    ask.Approve: approve,
    ask.Reject: reject,
    ask.OverrideGate: override,
    ask.ClearBad: clear_bad,
    hosts.Cordon: cordon,
    hosts.Drain: drain,
    hosts.Uncordon: uncordon,
    hosts.Retire: retire,
    hosts.Unretire: unretire,
    hosts.Restart: restart,
    hosts.Remove: remove,
    ask.SettleHook: settle_hook,
}
