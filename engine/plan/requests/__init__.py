"""Judges what operators ask: ``judge(snapshot, request)`` answers with the events that would
grant it, or raises with the sentence that refuses it. Nothing is granted half.
"""

from __future__ import annotations

from engine.model.request import Cancel, Deploy, Pause, Request, Resume, Rollback
from engine.model.snapshot import Snapshot
from engine.plan.estate import Estate
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.linking import deploy_linked
from engine.plan.requests.named import find_change, find_environment, find_instance, find_service
from engine.plan.requests.queueing import deploy, rollback
from engine.plan.requests.stopping import cancel, pause, resume

__all__ = ["find_change", "find_environment", "find_instance", "find_service", "judge"]


def judge(snapshot: Snapshot, request: Request) -> Judgement:
    """The events that grant a request (none if nothing has to be done), and a sentence.

    Raises UsageError for what cannot be meant (an unknown name), RequestRefused for what is
    understood and not possible.
    """
    estate = Estate(snapshot)
    match request:
        case Deploy():
            is_way = request.accept_bridge or request.through
            return deploy_linked(estate, request) if is_way else deploy(estate, request)
        case Rollback():
            return rollback(estate, request)
        case Pause():
            return pause(estate, request)
        case Resume():
            return resume(estate, request)
        case Cancel():
            return cancel(estate, request)
