"""ONE registry of what an operator can do: key, name, help, danger, and the request it makes. Bindings,
footer, palette and help are all made from it; ``console.tui.blocked`` says why one cannot be used now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from console.tui.picture import FINISHED
from engine.api.protocol import ChangeView, StatusRow

MAP, SERVICES, QUEUE, ROLLOUT, HOSTS = "map", "services", "queue", "rollout", "hosts"
INSTANCE, LOG = "instance", "log"
ALL = (MAP, SERVICES, QUEUE, ROLLOUT, HOSTS, INSTANCE, LOG)
AIMED = (MAP, SERVICES, QUEUE, ROLLOUT, INSTANCE)


class Danger(Enum):
    """What stands between the key and the deed."""

    NONE = "changes nothing"
    BRAKE = "at once"
    DIALOG = "in a dialog"
    CONFIRM = "asks once"


class Request(NamedTuple):
    """A POST to the engine."""

    path: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Aim:
    """What an action would act on: what the cursor stands on, and whether the engine is there."""

    environment: str = ""
    service: str = ""
    row: StatusRow | None = None
    change: ChangeView | None = None
    engine_paused: bool = False
    connected: bool = True
    read_only: bool = False

    @property
    def instance(self) -> str:
        """``service@environment``, "" if the cursor is on none."""
        return f"{self.service}@{self.environment}" if self.service else ""

    @property
    def subject(self) -> str:
        """The unfinished change under the cursor, else the instance."""
        if self.change is not None and self.change["state"] not in FINISHED:
            return self.change["id"]
        return self.instance

    @property
    def paused(self) -> bool:
        """Whether the subject stands still because a person said so."""
        if self.change is not None and self.change["state"] not in FINISHED:
            return self.change["state"] == "paused"
        waits = self.row["waits"] if self.row else []
        return self.row is not None and (
            self.row["state"] == "paused" or any(wait["reason"] == "Held" for wait in waits)
        )


@dataclass(frozen=True, slots=True)
class Action:
    """``id`` names the binding and the handler; ``footer`` is where the key is shown unasked;
    ``request`` is what is sent, for those that send something without more questions."""

    id: str
    keys: str
    name: str
    help: str
    group: str
    where: tuple[str, ...] = ALL
    footer: tuple[str, ...] = ()
    danger: Danger = Danger.NONE
    request: Callable[[Aim], Request] | None = None
    map_keys: str = ""

    def keys_on(self, screen: str) -> list[str]:
        """Its keys on a screen: on the map h j k l move, so some things have another key there."""
        return (self.map_keys if screen == MAP and self.map_keys else self.keys).split(",")

    def key(self, screen: str) -> str:
        """The first key, as it is shown."""
        first = self.keys_on(screen)[0]
        return SHOWN_KEYS.get(first, first)


SHOWN_KEYS = {
    "slash": "/",
    "question_mark": "?",
    "escape": "esc",
    "ctrl+p": "^p",
    "ctrl+b": "^b",
    "ctrl+f": "^f",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def _pause(aim: Aim) -> Request:
    return Request("/v1/resume" if aim.paused else "/v1/pause", {"subject": aim.subject})


def _pause_engine(aim: Aim) -> Request:
    return Request("/v1/resume" if aim.engine_paused else "/v1/pause", {"subject": ""})


def _cancel(aim: Aim) -> Request:
    return Request("/v1/cancel", {"subject": aim.change["id"] if aim.change else ""})


def _approve(aim: Aim) -> Request:
    change = aim.change
    return Request("/v1/approve", {"subject": change["id"], "digest": change["digest"]} if change else {})


def _abort(aim: Aim) -> Request:
    return Request("/v1/abort", {"subject": aim.change["id"] if aim.change else ""})


def _rollback(aim: Aim) -> Request:
    subject = aim.change["id"] if aim.change is not None and not aim.service else aim.instance
    return Request("/v1/rollback", {"subject": subject})


GO, ACT, LOOK, APP = "Go to", "Act", "Look", "Console"
LISTS = (SERVICES, QUEUE, HOSTS)

ACTIONS: tuple[Action, ...] = (
    Action("map", "1", "map", "the live graph: versions, states, dependencies", GO),
    Action("services", "2", "services", "all services of the environment as a table", GO),
    Action("queue", "3", "queue", "changes in order: progress, waits, who asked", GO),
    Action("rollout", "4", "rollout", "one change: every placement by failure domain, and its log", GO),
    Action("hosts", "5", "hosts", "hosts by failure domain, and what runs on them", GO),
    Action("environment", "tab,E", "environment", "switch to the next environment", GO),
    Action("enter", "enter", "open", "drill into what the cursor is on", GO, footer=(MAP, *LISTS)),
    Action("back", "escape", "back", "clear the filter, or go back to where you came from", GO, footer=(INSTANCE, LOG)),
    Action("up", "k,up", "up", "one up", GO),
    Action("down", "j,down", "down", "one down", GO),
    Action("left", "h,left", "left", "towards what it needs; on rollout: the change before", GO, (MAP, ROLLOUT)),
    Action(
        "right",
        "right",
        "right",
        "towards what needs it; on rollout: the change after",
        GO,
        (MAP, ROLLOUT),
        map_keys="l,right",
    ),
    Action("page_up", "pageup,ctrl+b", "page up", "one screenful up", GO),
    Action("page_down", "pagedown,ctrl+f", "page down", "one screenful down", GO),
    Action("top", "g,home", "top", "to the first", GO),
    Action("bottom", "G,end", "bottom", "to the last", GO),
    Action(
        "deploy",
        "d",
        "deploy",
        "queue versions, with a live preview of order and waits",
        ACT,
        footer=(MAP, SERVICES, QUEUE, INSTANCE),
        danger=Danger.DIALOG,
    ),
    Action(
        "pause",
        "p",
        "pause",
        "pause or resume the change, or take hands off the service",
        ACT,
        AIMED,
        footer=AIMED,
        danger=Danger.BRAKE,
        request=_pause,
    ),
    Action(
        "pause_engine",
        "P",
        "pause all",
        "pause or resume every start of the whole engine",
        ACT,
        danger=Danger.BRAKE,
        request=_pause_engine,
    ),
    Action(
        "rollback",
        "r",
        "roll back",
        "back to the newest good version",
        ACT,
        AIMED,
        footer=(MAP, SERVICES, ROLLOUT, INSTANCE),
        danger=Danger.CONFIRM,
        request=_rollback,
    ),
    Action(
        "cancel",
        "c",
        "cancel",
        "take the unstarted part of a change out of the queue",
        ACT,
        AIMED,
        footer=(QUEUE, ROLLOUT),
        danger=Danger.CONFIRM,
        request=_cancel,
    ),
    Action(
        "approve",
        "a",
        "approve",
        "say yes to a change, as it stands",
        ACT,
        (QUEUE, ROLLOUT),
        danger=Danger.CONFIRM,
        request=_approve,
    ),
    Action(
        "abort",
        "x",
        "abort",
        "stop a running change at its safe point and take it back",
        ACT,
        (QUEUE, ROLLOUT),
        danger=Danger.CONFIRM,
        request=_abort,
    ),
    Action(
        "why",
        "w",
        "why",
        "what holds it: each wait, since when, until when, who can lift it",
        LOOK,
        AIMED,
        footer=AIMED,
    ),
    Action(
        "log",
        "l,L",
        "log",
        "what happened, and the services' own last lines (L on the map)",
        LOOK,
        footer=(ROLLOUT,),
        map_keys="L",
    ),
    Action(
        "filter",
        "slash",
        "filter",
        "only what matches: text, team: state: host: domain: by:",
        LOOK,
        footer=(MAP, *LISTS),
    ),
    Action("edges", "e", "edges", "faint lines of all dependencies on or off", LOOK, (MAP,)),
    Action("freeze", "space", "freeze", "hold the picture still; the engine goes on", LOOK),
    Action("help", "question_mark", "help", "this page", APP, footer=ALL),
    Action("palette", "ctrl+p", "palette", "find an action by name", APP),
    Action("quit", "q", "quit", "leave; unfinished changes go on without you", APP, footer=ALL),
)
BY_ID = {action.id: action for action in ACTIONS}


def of_screen(screen: str) -> list[Action]:
    """The actions that a screen offers."""
    return [action for action in ACTIONS if screen in action.where]
