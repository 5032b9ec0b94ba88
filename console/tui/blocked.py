"""Why an action of the registry cannot be used on what the cursor stands on, as a sentence."""

from __future__ import annotations

from console.tui.actions import Action, Aim, Danger
from console.tui.picture import FINISHED


def blocked(action: Action, aim: Aim) -> str:
    """Why the action cannot be used now, as a sentence; "" if it can."""
    if action.danger is not Danger.NONE:
        if aim.read_only:
            return "this console is read-only"
        if not aim.connected:
            return "no engine answers; reconnecting"
    if action.id in {"pause", "why", "rollback"} and not aim.subject and aim.change is None:
        return "the cursor is on no service or change"
    if action.id == "why" and not aim.connected:
        return "no engine answers; reconnecting"
    if action.id == "pause":
        return "" if aim.subject else f"change {aim.change['id'] if aim.change else ''} is over"
    if action.id == "cancel":
        return _cancel_blocked(aim)
    if action.id == "rollback":
        return _rollback_blocked(aim)
    if action.id in {"approve", "abort"}:
        return _decision_blocked(action, aim)
    return ""


def _decision_blocked(action: Action, aim: Aim) -> str:
    if aim.change is None:
        return "the cursor is on no change"
    state, number = aim.change["state"], aim.change["id"]
    if state in FINISHED:
        return f"change {number} is over ({state})"
    if action.id == "approve":
        asked = any(wait["reason"] == "ApprovalRequired" for wait in aim.change["waits"])
        return "" if asked else f"nothing asks for an approval of change {number} now"
    if state == "reverting":
        return f"change {number} is being taken back already"
    return "" if aim.change["started"] else f"change {number} has not started: cancel it (c)"


def _cancel_blocked(aim: Aim) -> str:
    if aim.change is None:
        return f"no unfinished change touches {aim.instance or 'this'}"
    state, number = aim.change["state"], aim.change["id"]
    unstarted = any(item["state"] == "waiting" for item in aim.change["items"])
    if state in FINISHED and not (state == "failed" and unstarted):
        return f"change {number} is over ({state})"
    if not unstarted:
        return f"every part of change {number} has started: pause it (p) or roll it back (r)"
    return ""


def _rollback_blocked(aim: Aim) -> str:
    if aim.change is not None and not aim.service and aim.change["state"] == "waiting":
        return f"change {aim.change['id']} has not started: cancel it (c)"
    if aim.row is not None and not aim.row["current"]:
        return f"{aim.instance} is not installed"
    return ""
