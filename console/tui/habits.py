"""What an operator made of the console: its theme, its keys, its clipboard, its notifications. All of it is
read after the first frame, and nothing of it can keep the console from opening."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from textual.binding import Binding

from console.tui.actions import BY_ID
from console.tui.looking import Onlooker
from console.tui.picture import Picture
from console.tui.render.footer import Notice
from console.tui.settings import Settings, read_keymap
from console.tui.theme import DARK, THEMES, every_theme

NARRATED_S = 20.0
Narrator = Callable[[], tuple[str, str] | None]


class Habits(Onlooker):
    """The part of the application that is the operator's own. ``keys``: the keys that the
    operator's file gives to actions; ``narrator``, asked now and then, tells the next thing that a
    story has to say and the service it is about (the demo's)."""

    def __init__(
        self, now: Callable[[], datetime], *, read_only: bool, settings: Settings | None, keymap: Path | None
    ) -> None:
        super().__init__(now, read_only=read_only)
        self.settings = settings or Settings()
        self.keys: Mapping[str, str] = {}
        self.narrator: Narrator | None = None
        self._followed = ""
        self._keymap_file = keymap

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The grounds that the stylesheet names, for Textual's own themes and before the first."""
        return every_theme()[0].variables

    def wear(self) -> None:
        """The dark theme, for the first frame."""
        for theme in every_theme():
            self.register_theme(theme)
        self.theme = DARK

    def settle_in(self) -> None:
        """Reads what was kept, and the operator's keymap."""
        self.settings.load()
        if self.settings.theme in THEMES:
            self.theme = self.settings.theme
        if self.narrator is not None:
            self.set_interval(0.5, self.narrate)
        if self._keymap_file is not None:
            self.keys, problem = read_keymap(self._keymap_file, set(BY_ID))
            self.set_keymap(dict(self.keys))
            if problem:
                self.say(Notice(problem, "failed"))

    def say(self, notice: Notice, for_s: float = 6.0) -> None:
        """Shows a notice for a while; the application knows where."""
        raise NotImplementedError  # abstract: Textual's metaclass rules out ABC

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: object) -> None:
        """A key of the operator's file that meant something else before means what the file says."""

    def use_theme(self, name: str) -> bool:
        """Puts a theme on, and keeps it; False if there is none of that name."""
        if name not in THEMES:
            return False
        self.theme = self.settings.theme = name
        self.settings.save()
        return True

    def next_theme(self) -> str:
        """The theme after this one; its name."""
        at = THEMES.index(self.theme) if self.theme in THEMES else -1
        name = THEMES[(at + 1) % len(THEMES)]
        self.use_theme(name)
        return name

    def notify_of(self, before: Picture, after: Picture) -> None:
        """Tells the terminal what became of my changes, if the operator wants that (``:notify``)."""
        if self.settings.notify == "off" or before.board is None or after.board is before.board:
            return
        from console.tui.noticing import news, signal

        for text in news(before, after):
            self.say(Notice(text))
            if self._driver is not None:
                self._driver.write(signal(text, self.settings.notify))

    def narrate(self) -> None:
        """Says what the narrator has to say, and looks at what it is about unless the operator has turned
        to something else meanwhile."""
        said = self.narrator() if self.narrator is not None else None
        if said is None:
            return
        text, service = said
        if service and self._followed in {"", self.session.service}:
            self._followed = self.session.service = service
        self.say(Notice(text), NARRATED_S)

    def put_on_clipboard(self, text: str) -> None:
        """By the desktop's program where there is one, and always by the terminal's sequence."""
        from console.tui.clipboard import hand_over, program, sequence

        self._clipboard = text
        if self._driver is not None:
            self._driver.write(sequence(text, os.environ))
        command = program(os.environ)
        if command:
            self.run_worker(lambda: hand_over(text, command), thread=True, group="clipboard")
