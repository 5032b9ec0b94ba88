"""ONE registry of what an operator can do: key, name, help, danger, and the request it makes. Bindings,
footer, palette, command line and help are all made from it; ``console.tui.blocked`` says why one cannot
be used now."""

from __future__ import annotations

from console.tui import action
from console.tui.action import (
    AIMED,
    ALL,
    HISTORY,
    HOSTS,
    INSIGHTS,
    INSTANCE,
    LOG,
    MAP,
    QUEUE,
    ROLLOUT,
    SERVICES,
    SHOWN_KEYS,
    TIMELINE,
    Action,
    Aim,
    Danger,
    Request,
)

__all__ = [
    "ACT", "ACTIONS", "ALL", "APP", "BY_ID", "GO", "HISTORY", "HOSTS", "INSIGHTS", "INSTANCE", "LOG", "LOOK", "MAP",
    "QUEUE", "ROLLOUT", "SERVICES", "SHOWN_KEYS", "TIMELINE", "Action", "Aim", "Danger", "Request", "of_screen",
]  # fmt: skip


def _pause(aim: Aim) -> Request:
    return Request("/v1/resume" if aim.paused else "/v1/pause", {"subject": aim.subject})


def _pause_engine(aim: Aim) -> Request:
    return Request("/v1/resume" if aim.engine_paused else "/v1/pause", {"subject": ""})


def _hold(aim: Aim) -> Request:
    return Request("/v1/release" if aim.held else "/v1/hold", {"subject": aim.subject})


def _of_change(verb: str) -> action.Maker:
    return lambda aim: Request(f"/v1/{verb}", {"subject": aim.change["id"] if aim.change else ""})


def _approve(aim: Aim) -> Request:
    change = aim.change
    return Request("/v1/approve", {"subject": change["id"], "digest": change["digest"]} if change else {})


def _rollback(aim: Aim) -> Request:
    subject = aim.change["id"] if aim.change is not None and not aim.service else aim.instance
    return Request("/v1/rollback", {"subject": subject})


def _clear_bad(aim: Aim) -> Request:
    return Request("/v1/clear-bad", {"services": {}, "environment": aim.environment})


GO, ACT, LOOK, APP = "Go to", "Act", "Look", "Console"
LISTS = (SERVICES, QUEUE, HOSTS)
TABLES = (*LISTS, TIMELINE, HISTORY, INSIGHTS)
CHANGES = (QUEUE, ROLLOUT, TIMELINE)
WALK = (MAP, ROLLOUT, TIMELINE)
INSTALLED = (MAP, SERVICES, INSTANCE)
ZOOMED = (TIMELINE, INSIGHTS)
BRAKE, DIALOG, CONFIRM = Danger.BRAKE, Danger.DIALOG, Danger.CONFIRM

# fmt: off
ACTIONS: tuple[Action, ...] = (
    Action("map", "1", "map", "the live graph: versions, states, dependencies", GO),
    Action("services", "2", "services", "all services of the environment as a table", GO),
    Action("queue", "3", "queue", "changes in order: progress, waits, who asked", GO),
    Action("rollout", "4", "rollout", "one change: every placement by failure domain, and its log", GO),
    Action("hosts", "5", "hosts", "hosts by failure domain, and what runs on them", GO),
    Action("timeline", "6", "timeline", "past and forecast as a chart, with windows and freezes", GO),
    Action("history", "7", "history", "the journal, searchable; enter looks at the map as it was then", GO),
    Action("insights", "8", "insights", "the four DORA figures, and what check finds", GO),
    Action("environment", "tab,E", "environment", "switch to the next environment", GO),
    Action("enter", "enter", "open", "drill into what the cursor is on", GO, footer=(MAP, *TABLES)),
    Action("back", "escape", "back", "clear the filter, or go back to where you came from", GO, footer=(INSTANCE, LOG)),
    Action("up", "k,up", "up", "one up", GO),
    Action("down", "j,down", "down", "one down", GO),
    Action("left", "h,left", "left", "towards what it needs; the change before; earlier", GO, WALK),
    Action("right", "right", "right", "towards what needs it; the change after; later", GO, WALK,
           walked_keys="l,right"),
    Action("zoom_in", "plus,equals_sign", "zoom in", "less time, in more detail", GO, ZOOMED, footer=ZOOMED),
    Action("zoom_out", "minus", "zoom out", "more time", GO, ZOOMED, footer=ZOOMED),
    Action("lanes", "s", "lanes", "by service, or by change or team", LOOK, ZOOMED, footer=ZOOMED),
    Action("earlier", "left_square_bracket", "earlier", "how it was one event before", GO, footer=(HISTORY,)),
    Action("later", "right_square_bracket", "later", "how it was one event after", GO, footer=(HISTORY,)),
    Action("much_earlier", "left_curly_bracket", "much earlier", "how it was twenty events before", GO),
    Action("much_later", "right_curly_bracket", "much later", "how it was twenty events after", GO),
    Action("now", "0", "now", "to the present: out of the past, a frozen picture, a panned timeline", GO,
           footer=(TIMELINE,)),
    Action("page_up", "pageup,ctrl+b", "page up", "one screenful up", GO),
    Action("page_down", "pagedown,ctrl+f", "page down", "one screenful down", GO),
    Action("top", "g,home", "top", "to the first", GO),
    Action("bottom", "G,end", "bottom", "to the last", GO),

    Action("deploy", "d", "deploy", "queue versions, with a live preview of order and waits", ACT,
           footer=(MAP, SERVICES, QUEUE, INSTANCE), danger=DIALOG),
    Action("pause", "p", "pause", "pause or resume the change, or take hands off the service", ACT, AIMED,
           footer=AIMED, danger=BRAKE, request=_pause),
    Action("pause_engine", "P", "pause all", "pause or resume every start of the whole engine", ACT,
           danger=BRAKE, request=_pause_engine),
    Action("rollback", "r", "roll back", "back to the newest good version", ACT, AIMED,
           footer=(MAP, SERVICES, ROLLOUT, INSTANCE), danger=CONFIRM, request=_rollback),
    Action("abort", "x", "abort", "stop a running change at its safe point and take it back", ACT, CHANGES,
           footer=(ROLLOUT,), danger=CONFIRM, request=_of_change("abort")),
    Action("cancel", "c", "cancel", "take the unstarted part of a change out of the queue", ACT, AIMED,
           footer=CHANGES, danger=CONFIRM, request=_of_change("cancel")),
    Action("approve", "a", "approve", "say yes to a change, as it stands", ACT, CHANGES,
           footer=CHANGES, danger=CONFIRM, request=_approve),
    Action("promote", "m", "promote", "let canaries go on that have baked and wait for a person", ACT, CHANGES,
           danger=CONFIRM, request=_of_change("promote")),
    Action("reject", "n", "reject", "say no to a change that has not started, and why", ACT, CHANGES,
           danger=DIALOG, request=_of_change("reject")),
    Action("retry", "t", "retry", "begin anew what failed, was taken back or never started of a change", ACT, CHANGES,
           footer=(ROLLOUT,), danger=CONFIRM, request=_of_change("retry")),
    Action("override", "o", "override", "lift one gate for one change, for a while; shows what that lets loose", ACT,
           CHANGES, footer=(QUEUE,), danger=DIALOG, request=_of_change("override")),
    Action("expedite", "u", "expedite", "move a change ahead of the queue", ACT, CHANGES,
           danger=DIALOG, request=_of_change("expedite")),
    Action("hold", "H", "hold", "keep an unstarted change or a service as it is, or release it", ACT, AIMED,
           danger=CONFIRM, request=_hold),
    Action("clear_bad", "b", "clear bad", "let a bad version be deployed again, and say why", ACT,
           (MAP, SERVICES, INSTANCE), danger=DIALOG, request=_clear_bad),

    Action("restart", "R", "restart", "restart a service as it is, by the rules of a rollout", ACT, INSTALLED,
           danger=DIALOG),
    Action("remove", "delete", "remove", "remove a service's orphans, or all of it", ACT, INSTALLED, danger=DIALOG),
    Action("hook", "K", "hook", "say what became of a hook that nobody knows the end of", ACT, CHANGES, danger=DIALOG),
    Action("cordon", "c", "cordon", "start nothing more on a host, or again", ACT, (HOSTS,), footer=(HOSTS,),
           danger=DIALOG),
    Action("drain", "D", "drain", "stop what runs on a host, within budgets", ACT, (HOSTS,), footer=(HOSTS,),
           danger=DIALOG),
    Action("retire", "X", "retire", "take a host out of everything, or back in", ACT, (HOSTS,), footer=(HOSTS,),
           danger=DIALOG),

    Action("why", "w", "why", "what holds it: each wait, since when, until when, who can lift it", LOOK, AIMED,
           footer=AIMED),
    Action("log", "l,L", "log", "what happened, and the services' own last lines", LOOK,
           footer=(ROLLOUT,), walked_keys="L"),
    Action("filter", "slash", "filter", "only what matches: text, team: state: host: domain: by:", LOOK,
           footer=(MAP, *TABLES)),
    Action("edges", "e", "edges", "faint lines of all dependencies on or off", LOOK, (MAP,)),
    Action("matrix", "m", "matrix", "who needs whom as a matrix, in order; a cycle shows at once", LOOK, (MAP,)),
    Action("tree", "t", "tree", "who needs whom as an indented tree", LOOK, (MAP,)),
    Action("whole", "f", "whole", "all services, or only what is not as it should be and what is joined to it", LOOK,
           (MAP,)),
    Action("fold", "z", "fold tier", "all services of a tier in one card, by the tier label; or out of it", LOOK,
           (MAP,)),
    Action("fold_all", "Z", "fold all", "every tier in a card, or none", LOOK, (MAP,)),
    Action("copy", "y", "copy", "put what the cursor is on on the clipboard", LOOK),
    Action("page", "v", "pager", "the log, or the history, in $PAGER", LOOK, (ROLLOUT, INSTANCE, LOG, HISTORY)),
    Action("edit", "i", "inventory", "the inventory in $EDITOR, at the finding under the cursor", LOOK),
    Action("theme", "T", "theme", "the next theme: dark, light, colour-blind, the terminal's own", LOOK),
    Action("freeze", "space", "freeze", "hold the picture still; the engine goes on", LOOK),
    Action("help", "question_mark", "help", "this page", APP, footer=ALL),
    Action("command", "colon", "command", "a command line with completion and history", APP),
    Action("palette", "ctrl+p", "palette", "find an action by name", APP),
    Action("quit", "q", "quit", "leave; unfinished changes go on without you", APP, footer=ALL),
)
# fmt: on
BY_ID = {action.id: action for action in ACTIONS}


def of_screen(screen: str) -> list[Action]:
    """The actions that a screen offers."""
    return [action for action in ACTIONS if screen in action.where]
