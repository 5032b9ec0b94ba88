"""What doctor finds: a sentence about a host, and the remedy beside it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is: ``error`` keeps rollouts from working there."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. ``rule`` is its short name, ``remedy`` what to do ("" for what is well)."""

    host: str
    severity: Severity
    rule: str
    message: str
    remedy: str = ""
