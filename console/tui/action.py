"""What an action of the console is: its key, name, help and danger, what it would act on, and the request
it makes. The table of them is ``console.tui.actions``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from console.tui.picture import FINISHED
from engine.api.protocol import BadView, ChangeView, HostView, StatusRow

MAP, SERVICES, QUEUE, ROLLOUT, HOSTS = "map", "services", "queue", "rollout", "hosts"
TIMELINE, HISTORY, INSIGHTS = "timeline", "history", "insights"
INSTANCE, LOG = "instance", "log"
ALL = (MAP, SERVICES, QUEUE, ROLLOUT, HOSTS, TIMELINE, HISTORY, INSIGHTS, INSTANCE, LOG)
PUSHED = (INSTANCE, LOG)  # opened over another screen, never by a number key
AIMED = (MAP, SERVICES, QUEUE, ROLLOUT, TIMELINE, INSTANCE)
WALKED = (MAP, TIMELINE)  # where h j k l move in all four directions


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

    def with_body(self, **more: object) -> Request:
        """The same request, with more said; what is "" is left out."""
        return Request(self.path, {**self.body, **{key: said for key, said in more.items() if said != ""}})


@dataclass(frozen=True, slots=True)
class Aim:
    """What an action would act on: what the cursor stands on, and whether the engine is there.
    ``past``: it is how things were."""

    environment: str = ""
    service: str = ""
    row: StatusRow | None = None
    change: ChangeView | None = None
    engine_paused: bool = False
    connected: bool = True
    read_only: bool = False
    past: bool = False
    host: HostView | None = None

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

    @property
    def held(self) -> bool:
        """Whether a person keeps the subject from starting, or has hands off it."""
        if self.change is not None and self.change["state"] not in FINISHED:
            return bool(self.change["held_by"])
        return self.row is not None and any(wait["reason"] == "Held" for wait in self.row["waits"])

    @property
    def host_name(self) -> str:
        """The host under the cursor, "" if there is none."""
        return self.host["host"] if self.host else ""

    @property
    def upkeep(self) -> str:
        """cordoned, drained or retired; "" while the host takes part."""
        kept = self.host.get("maintenance") if self.host else None
        return kept["upkeep"] if kept else ""

    @property
    def bad(self) -> list[BadView]:
        """The versions of the service that are bad here."""
        return self.row["bad"] if self.row else []


NO_KEYMAP: Mapping[str, str] = MappingProxyType({})
Maker = Callable[[Aim], Request]


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
    request: Maker | None = None
    walked_keys: str = ""

    def keys_on(self, screen: str, keymap: Mapping[str, str] = NO_KEYMAP) -> list[str]:
        """Its keys on a screen: where h j k l move, some things have another key; and the
        operator's ``keymap`` has the last word."""
        own = self.walked_keys if screen in WALKED and self.walked_keys else self.keys
        return keymap.get(self.id, own).split(",")

    def key(self, screen: str, keymap: Mapping[str, str] = NO_KEYMAP) -> str:
        """The first key, as it is shown."""
        first = self.keys_on(screen, keymap)[0]
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
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "colon": ":",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}
