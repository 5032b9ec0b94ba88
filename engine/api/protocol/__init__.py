"""The JSON that crosses the socket, as typed dictionaries: one definition for server, client,
command line and console. They are dictionaries and not classes because the command line
prints them as they come, and must load neither pydantic nor anything heavy to do so; the
server validates them with pydantic (typing_extensions' TypedDict is what it needs on 3.11).

Times are RFC 3339 text in UTC, or None. Fields may be added, never removed or renamed.
"""

from __future__ import annotations

from engine.api.protocol.asking import (
    Accepted,
    ApprovalRequest,
    ClearBadRequest,
    DecisionRequest,
    DeployRequest,
    OverrideRequest,
    ProbeRequest,
    Problem,
    RollbackRequest,
    SubjectRequest,
)
from engine.api.protocol.auditing import AuditView, HeadView
from engine.api.protocol.changes import ApprovalView, ChangeView, GivenOverrideView, ItemView, LogView, MoveView
from engine.api.protocol.judging import (
    AccuracyView,
    BranchView,
    BridgeView,
    ForecastsView,
    ForecastView,
    ForeseenView,
    LegView,
    LetLooseView,
    LockstepPair,
    LockstepView,
    OutageView,
    PlanView,
    StartView,
    StepView,
    WaitView,
    WhyView,
)
from engine.api.protocol.looking import (
    BadView,
    Board,
    EngineView,
    GraphView,
    HostView,
    NeedView,
    PlacementView,
    ServiceView,
    StatusRow,
    WatchEvent,
)
from engine.api.protocol.overtime import CalendarView, DoraView, FiguresView, FindingView, PastView, ShutterView

__all__ = [
    "Accepted",
    "AccuracyView",
    "ApprovalRequest",
    "ApprovalView",
    "AuditView",
    "BadView",
    "Board",
    "BranchView",
    "BridgeView",
    "CalendarView",
    "ChangeView",
    "ClearBadRequest",
    "DecisionRequest",
    "DeployRequest",
    "DoraView",
    "EngineView",
    "FiguresView",
    "FindingView",
    "ForecastView",
    "ForecastsView",
    "ForeseenView",
    "GivenOverrideView",
    "GraphView",
    "HeadView",
    "HostView",
    "ItemView",
    "LegView",
    "LetLooseView",
    "LockstepPair",
    "LockstepView",
    "LogView",
    "MoveView",
    "NeedView",
    "OutageView",
    "OverrideRequest",
    "PastView",
    "PlacementView",
    "PlanView",
    "ProbeRequest",
    "Problem",
    "RollbackRequest",
    "ServiceView",
    "ShutterView",
    "StartView",
    "StatusRow",
    "StepView",
    "SubjectRequest",
    "WaitView",
    "WatchEvent",
    "WhyView",
]
