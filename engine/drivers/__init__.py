"""What to say to a host and how to read its answer. Pure: commands out, parsed replies in.

``host/`` is the one POSIX script that does the work on hosts, by topic; ``script`` joins it and
holds its digest. Everybody else calls the functions named here and never spells a verb of the script.
"""

from __future__ import annotations

from engine.drivers.fencing import ClaimAnswer, claim, parse_claim
from engine.drivers.hooking import HookAnswer, HookResult, expand_hook, hook_elsewhere, hook_on_placement, parse_hook
from engine.drivers.inspecting import inspect, parse_inspect
from engine.drivers.installing import install, parse_install
from engine.drivers.observing import observe, parse_observe
from engine.drivers.script import DIGEST, SCRIPT
from engine.drivers.spec import PlacementSpec, expand
from engine.drivers.staging import (
    StageAnswer,
    UploadAnswer,
    parse_stage,
    parse_upload,
    stage,
    upload,
)
from engine.drivers.stepping import (
    ConfirmAnswer,
    ConfirmResult,
    StepResult,
    SwitchAnswer,
    confirm,
    parse_confirm,
    parse_log,
    parse_switch,
    parse_withdraw,
    service_log,
    switch,
    withdraw,
)
from engine.drivers.verifying import parse_verify, verify

__all__ = [
    "DIGEST",
    "SCRIPT",
    "ClaimAnswer",
    "ConfirmAnswer",
    "ConfirmResult",
    "HookAnswer",
    "HookResult",
    "PlacementSpec",
    "StageAnswer",
    "StepResult",
    "SwitchAnswer",
    "UploadAnswer",
    "claim",
    "confirm",
    "expand",
    "expand_hook",
    "hook_elsewhere",
    "hook_on_placement",
    "inspect",
    "install",
    "observe",
    "parse_claim",
    "parse_confirm",
    "parse_hook",
    "parse_inspect",
    "parse_install",
    "parse_log",
    "parse_observe",
    "parse_stage",
    "parse_switch",
    "parse_upload",
    "parse_verify",
    "parse_withdraw",
    "service_log",
    "stage",
    "switch",
    "upload",
    "verify",
    "withdraw",
]
