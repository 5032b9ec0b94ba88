"""What the console looks at: the newest picture, a held one, or one of the past; what the time is there; and
what the thing under the cursor means to the actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from console.tui.action import Aim
from console.tui.picture import Picture
from console.tui.render.times import parse
from console.tui.session import Session
from console.tui.typeahead import TypeAhead
from engine.api.protocol import ChangeView, StatusRow


class Onlooker(TypeAhead):
    """The part of the application that screens ask what there is to see."""

    def __init__(self, now: Callable[[], datetime], *, read_only: bool) -> None:
        super().__init__()
        self.session = Session()
        self.read_only = read_only
        self.now = now
        self.picture = self.newest = Picture()

    @property
    def is_held(self) -> bool:
        """Whether new pictures are not shown: frozen, or one looks at the past."""
        return self.session.frozen_since is not None or self.session.past is not None

    def engine_now(self) -> datetime:
        """The present by the engine's clock: ages are told by the clock that stamped them. Stands
        still while the picture is frozen, or of the past."""
        if self.session.past is not None:
            then = parse(self.session.past["at"])
            return then.astimezone(self.now().tzinfo) if then else self.now()
        return (self.session.frozen_since or self.now()) + self.picture.skew

    def aim(self, service: str) -> Aim:
        """What a service under the cursor means to the actions."""
        where = self.session.environment
        row, change = self.picture.row(service, where), self.picture.change_of(service, where)
        return self._aim(where, service, row, change)

    def aim_at_change(self, number: str) -> Aim:
        """What a change under the cursor means to the actions."""
        change = self.picture.change(number)
        return self._aim(change["environment"] if change else self.session.environment, "", None, change)

    def _aim(self, where: str, service: str, row: StatusRow | None, change: ChangeView | None) -> Aim:
        engine = self.newest.engine
        paused = bool(engine and engine["paused_by"])
        is_past = self.session.past is not None
        return Aim(where, service, row, change, paused, self.newest.connected, self.read_only, is_past)

    def aim_at_host(self, name: str) -> Aim:
        """What a host under the cursor means to the actions."""
        host = next((each for each in self.picture.hosts if each["host"] == name), None)
        return replace(self._aim(self.session.environment, "", None, None), host=host)

    def current_change(self) -> ChangeView | None:
        """The change being looked at: the chosen one, else the first under way, else the newest."""
        chosen = self.picture.change(self.session.change)
        if chosen is not None:
            return chosen
        unfinished = self.picture.unfinished
        moving = [change for change in unfinished if change["state"] != "waiting"]
        return next(iter([*moving, *unfinished, *self.picture.changes]), None)
