"""What requests may hold, checked by pydantic: the protocol's shapes with nothing beside them.

The shapes themselves stand in ``protocol``, which must not load pydantic; here they only get
their strictness. ``actor`` is dropped wherever it is sent: who asks is what the kernel says.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body
from pydantic import BeforeValidator, ConfigDict, with_config

from engine.api.protocol import (
    ApprovalRequest,
    ClearBadRequest,
    DecisionRequest,
    DeployRequest,
    HookRequest,
    OverrideRequest,
    ProbeRequest,
    RemoveRequest,
    RollbackRequest,
    SubjectRequest,
    TouchRequest,
)

_STRICT = ConfigDict(extra="forbid", strict=True, str_max_length=2000)


def _without_actor(body: Any) -> Any:
    return {key: value for key, value in body.items() if key != "actor"} if isinstance(body, dict) else body


@with_config(_STRICT)
class _Deploy(DeployRequest):
    pass


@with_config(_STRICT)
class _Rollback(RollbackRequest):
    pass


@with_config(_STRICT)
class _Subject(SubjectRequest):
    pass


@with_config(_STRICT)
class _Probe(ProbeRequest):
    pass


@with_config(_STRICT)
class _Decision(DecisionRequest):
    pass


@with_config(_STRICT)
class _Approval(ApprovalRequest):
    pass


@with_config(_STRICT)
class _Override(OverrideRequest):
    pass


@with_config(_STRICT)
class _ClearBad(ClearBadRequest):
    pass


@with_config(_STRICT)
class _Hook(HookRequest):
    pass


@with_config(_STRICT)
class _Remove(RemoveRequest):
    pass


@with_config(_STRICT)
class _Touch(TouchRequest):
    pass


DeployBody = Annotated[_Deploy, BeforeValidator(_without_actor), Body()]
RollbackBody = Annotated[_Rollback, BeforeValidator(_without_actor), Body()]
SubjectBody = Annotated[_Subject, BeforeValidator(_without_actor), Body()]
ProbeBody = Annotated[_Probe, BeforeValidator(_without_actor), Body()]
DecisionBody = Annotated[_Decision, BeforeValidator(_without_actor), Body()]
ApprovalBody = Annotated[_Approval, BeforeValidator(_without_actor), Body()]
OverrideBody = Annotated[_Override, BeforeValidator(_without_actor), Body()]
HookBody = Annotated[_Hook, BeforeValidator(_without_actor), Body()]
ClearBadBody = Annotated[_ClearBad, BeforeValidator(_without_actor), Body()]
RemoveBody = Annotated[_Remove, BeforeValidator(_without_actor), Body()]
TouchBody = Annotated[_Touch, BeforeValidator(_without_actor), Body()]
