"""Why an action of the registry cannot be used on what the cursor stands on, as a sentence: the footer and
help grey what has one, and the key says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.tui.action import Action, Aim, Danger
from console.tui.picture import FINISHED
from engine.model.wait import NEVER_OVERRIDDEN

NO_SUBJECT = "the cursor is on no service or change"
NO_CHANGE = "the cursor is on no change"
AWAY = "no engine answers; reconnecting"
NEVER = frozenset(reason.value for reason in NEVER_OVERRIDDEN)
BADLY = frozenset({"failed", "reverted"})


def blocked(action: Action, aim: Aim) -> str:
    """Why the action cannot be used now, as a sentence; "" if it can."""
    if action.danger is not Danger.NONE:
        if aim.read_only:
            return "this console is read-only"
        if aim.past:
            return "this is the past; 0 returns to the present"
        if not aim.connected:
            return AWAY
    rule = RULES.get(action.id)
    return rule(aim) if rule else ""


def _why(aim: Aim) -> str:
    if not aim.subject and aim.change is None:
        return NO_SUBJECT
    if aim.past:
        return "the engine explains the present only; 0 returns to it"
    return "" if aim.connected else AWAY


def _pause(aim: Aim) -> str:
    if not aim.subject and aim.change is None:
        return NO_SUBJECT
    return "" if aim.subject else f"change {aim.change['id'] if aim.change else ''} is over"


def _over(aim: Aim) -> str:
    """Why nothing of a change can be decided any more."""
    if aim.change is None:
        return NO_CHANGE
    state = aim.change["state"]
    return f"change {aim.change['id']} is over ({state})" if state in FINISHED else ""


def _unstarted(aim: Aim) -> bool:
    return aim.change is not None and any(item["state"] == "waiting" for item in aim.change["items"])


def _approve(aim: Aim) -> str:
    over = _over(aim)
    if over or aim.change is None:
        return over
    asked = any(wait["reason"] == "ApprovalRequired" for wait in aim.change["waits"])
    return "" if asked else f"nothing asks for an approval of change {aim.change['id']} now"


def _promote(aim: Aim) -> str:
    over = _over(aim)
    if over or aim.change is None:
        return over
    asked = any(wait["reason"] == "PromotionRequired" for wait in aim.change["waits"])
    return "" if asked else f"no canary of change {aim.change['id']} awaits promotion now"


def _abort(aim: Aim) -> str:
    over = _over(aim)
    if over or aim.change is None:
        return over
    if aim.change["state"] == "reverting":
        return f"change {aim.change['id']} is being taken back already"
    return "" if aim.change["started"] else f"change {aim.change['id']} has not started: cancel it (c)"


def _reject(aim: Aim) -> str:
    over = _over(aim)
    if over or aim.change is None:
        return over
    return f"change {aim.change['id']} has started: abort it (x)" if aim.change["started"] else ""


def _retry(aim: Aim) -> str:
    if aim.change is None:
        return NO_CHANGE
    states = {item["state"] for item in aim.change["items"]}
    if aim.change["state"] == "reverting":
        return f"change {aim.change['id']} is being taken back; retry it when that is done"
    return "" if states & BADLY else f"nothing of change {aim.change['id']} has failed"


def _expedite(aim: Aim) -> str:
    over = _over(aim)
    if over or aim.change is None:
        return over
    return "" if _unstarted(aim) else f"nothing of change {aim.change['id']} waits for its turn"


def _override(aim: Aim) -> str:
    over = _over(aim)
    if over or aim.change is None:
        return over
    reasons = {wait["reason"] for wait in aim.change["waits"]}
    if not reasons:
        return f"no gate holds change {aim.change['id']}"
    if reasons <= NEVER:
        return f"{', '.join(sorted(reasons))} can never be overridden: it keeps the estate whole"
    return ""


def _hold(aim: Aim) -> str:
    if not aim.subject:
        return _over(aim) if aim.change is not None else NO_SUBJECT
    if aim.subject != aim.instance and aim.change is not None and aim.change["started"] and not aim.held:
        return f"change {aim.change['id']} has started: pause it (p)"
    return ""


def _clear_bad(aim: Aim) -> str:
    if aim.row is None:
        return "the cursor is on no service"
    if not aim.bad:
        return f"no version of {aim.service} is bad in {aim.environment}"
    return ""


def _cancel(aim: Aim) -> str:
    if aim.change is None:
        return f"no unfinished change touches {aim.instance or 'this'}"
    state, number = aim.change["state"], aim.change["id"]
    if state in FINISHED and not (state == "failed" and _unstarted(aim)):
        return f"change {number} is over ({state})"
    if not _unstarted(aim):
        return f"every part of change {number} has started: pause it (p) or roll it back (r)"
    return ""


def _rollback(aim: Aim) -> str:
    if not aim.subject and aim.change is None:
        return NO_SUBJECT
    if aim.change is not None and not aim.service and aim.change["state"] == "waiting":
        return f"change {aim.change['id']} has not started: cancel it (c)"
    if aim.row is not None and not aim.row["current"]:
        return f"{aim.instance} is not installed"
    return ""


def _host(aim: Aim) -> str:
    return "" if aim.host is not None else "the cursor is on no host"


def _cordon(aim: Aim) -> str:
    return f"{aim.host_name} is retired: unretire it (X)" if aim.upkeep == "retired" else _host(aim)


def _drain(aim: Aim) -> str:
    return f"{aim.host_name} is {aim.upkeep} already" if aim.upkeep in {"drained", "retired"} else _host(aim)


def _restart(aim: Aim) -> str:
    if aim.row is None:
        return "the cursor is on no service"
    return "" if aim.row["current"] else f"{aim.instance} is not installed"


def _remove(aim: Aim) -> str:
    orphans = aim.row.get("orphans") if aim.row else None
    return "" if orphans else _restart(aim)


def _hook(aim: Aim) -> str:
    if aim.change is None:
        return NO_CHANGE
    asked = any(wait["reason"] == "HookUnknown" for wait in aim.change["waits"])
    return "" if asked else f"every hook of change {aim.change['id']} has a known end"


RULES: Mapping[str, Callable[[Aim], str]] = {
    "why": _why, "pause": _pause, "cancel": _cancel, "rollback": _rollback, "approve": _approve, "abort": _abort,
    "promote": _promote, "cordon": _cordon, "drain": _drain, "retire": _host, "restart": _restart, "remove": _remove,
    "hook": _hook,
    "reject": _reject, "retry": _retry, "expedite": _expedite, "override": _override, "hold": _hold,
    "clear_bad": _clear_bad,
}  # fmt: skip
