"""The console's application: it owns the feed and the session, switches screens, and nothing else. What
can be done stands in ``actions``, how it is done in ``deeds``, how it looks in ``render``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar

from textual.app import ScreenStackError, SystemCommand
from textual.screen import Screen

from console.tui import actions, deeds, past
from console.tui.action import ALL, PUSHED, Action, Aim, Request
from console.tui.blocked import blocked
from console.tui.ending import ended_by_signal
from console.tui.feed import Engine, Feed
from console.tui.habits import Habits, Narrator
from console.tui.messages import PictureArrived
from console.tui.picture import Picture
from console.tui.render.footer import Notice
from console.tui.screens.base import BoardScreen
from console.tui.screens.lazily import lazily
from console.tui.screens.map import MapScreen
from console.tui.settings import Settings, keymap_file, state_file

NOTICE_S = 6.0


class Console(Habits):
    """``connect`` makes the client; it is called once, after the first frame."""

    CSS_PATH = "console.tcss"
    DEFAULT_MODE = "map"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        MapScreen.NAME: MapScreen,
        **{name: lazily(name) for name in ALL if name not in {MapScreen.NAME, *PUSHED}},
    }
    TITLE = "interlock"

    def __init__(
        self,
        connect: Callable[[], Engine],
        *,
        read_only: bool = False,
        engine_stays: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
        settings: Settings | None = None,
        keymap: Path | None = None,
    ) -> None:
        super().__init__(now, read_only=read_only, settings=settings, keymap=keymap)
        self.engine_stays = engine_stays
        self._connect = connect

    def on_mount(self) -> None:
        self.wear()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.settle_in()
        self.engine = self._connect()
        self.feed = Feed(self.engine, self._deliver, self.now)
        self.feed.start()
        self.set_interval(1.0, self.redraw)

    def _deliver(self, picture: Picture) -> None:
        with suppress(RuntimeError):  # called in the feed's thread: the loop may just have closed
            self.post_message(PictureArrived(picture))

    def on_unmount(self) -> None:
        if hasattr(self, "feed"):
            self.feed.stop()

    def on_picture_arrived(self, message: PictureArrived) -> None:
        """Takes the picture, unless the operator holds an old one."""
        self.notify_of(self.newest, message.picture)
        is_news = not message.picture.shows_the_same(self.newest)
        self.newest = message.picture
        if not self.is_held:
            self.picture = message.picture
        names = self.picture.environments
        if names and self.session.environment not in names:
            self.session.environment = names[-1]
        if is_news:
            begun = monotonic()
            self.redraw()
            self.feed.draw_s = monotonic() - begun

    @property
    def board_screen(self) -> BoardScreen:
        """The topmost screen that is no dialog."""
        return next(s for s in reversed(self.screen_stack) if isinstance(s, BoardScreen))

    def redraw(self) -> None:
        """Draws the screen in sight again; only what changed is sent to the terminal. Behind a dialog
        nothing is drawn: Textual would repaint all of it, and the dialog, for every changed cell."""
        screen = self.screen_stack[-1] if self._screen_stack else None  # none is left while it ends
        if isinstance(screen, BoardScreen):
            screen.redraw()

    def deed(self, action: Action, aim: Aim) -> deeds.Opening:
        """Does what is not a screen's own business; a dialog that comes up can be awaited."""
        return deeds.DEEDS[action.id](self, action, aim)

    def send(self, request: Request) -> None:
        """Sends a request to the engine."""
        deeds.send(self, request)

    def say(self, notice: Notice, for_s: float = NOTICE_S) -> None:
        """Shows what came of a key, for a few seconds."""
        self.session.notice = notice
        self.board_screen.redraw_chrome()
        self.set_timer(for_s, lambda: self._unsay(notice))

    def _unsay(self, notice: Notice) -> None:
        if self.session.notice is notice:
            self.session.notice = None
            self.redraw()

    def to_present(self) -> None:
        """Out of the past, and out of a frozen picture."""
        past.to_present(self)

    def go(self, screen: str) -> None:
        """To a screen; the way back is remembered."""
        if screen != self.current_mode:
            self.session.trail.append(self.current_mode)
            self.switch_mode(screen)

    def go_back(self) -> None:
        """To where the operator came from."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif self.session.trail:
            self.switch_mode(self.session.trail.pop())

    def open_service(self, service: str) -> None:
        """Into the rollout a service is in, else into the service."""
        change = self.picture.change_of(service, self.session.environment)
        if change is not None:
            self.session.change = change["id"]
            self.go("rollout")
        elif service:
            self.open_instance(service)

    def open_instance(self, service: str) -> None:
        """Into a service."""
        from console.tui.screens.instance import InstanceScreen  # after the first frame

        self.push_screen(InstanceScreen(service))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: the registry's actions of this screen."""
        board = self.board_screen
        for action in actions.of_screen(board.NAME):
            why_not = blocked(action, board.aim())
            said = f"{action.key(board.NAME, self.keys)}  {action.help}" + (f" – {why_not}" if why_not else "")
            yield SystemCommand(action.name, said, lambda name=action.id: self.run_worker(board.action_do(name)))

    def action_help_quit(self) -> None:
        """ctrl+c never quits: it says what does."""
        fate = "the engine goes on without you" if self.engine_stays else "the demo ends with it"
        self.say(Notice(f"q quits; {fate}", "refused"))

    def clear_selection(self) -> None:
        """Textual asks for it before the first screen stands when a mode's screen has an input."""
        with suppress(ScreenStackError):
            super().clear_selection()


def run(address: str, *, read_only: bool, engine_stays: bool, narrator: Narrator | None) -> int:
    """Opens the console on the engine at ``address``; returns the exit code. ``engine_stays``: whether it
    goes on when the console is left (a demo's does not); ``narrator`` tells what a demo's story is at."""

    def connect() -> Engine:
        from engine.api.client import Client  # after the first frame: http.client is felt

        return Client(address, timeout_s=10.0)

    app = Console(
        connect, read_only=read_only, engine_stays=engine_stays,
        settings=Settings(state_file(os.environ)), keymap=keymap_file(os.environ),
    )  # fmt: skip
    app.narrator = narrator
    with ended_by_signal(app):
        return app.run() or 0
