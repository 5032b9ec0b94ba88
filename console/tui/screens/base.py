"""What all screens have in common: the header, the footer, the bindings made from the registry, the
filter line, and the way from a key to a deed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget

from console.tui.actions import BY_ID, Action, Aim, Danger, of_screen
from console.tui.blocked import blocked
from console.tui.picture import Picture
from console.tui.render.footer import Notice, action_at, footer
from console.tui.render.header import Chrome, header
from console.tui.render.log import log_lines
from console.tui.session import Session
from console.tui.widgets.lines import LineView

if TYPE_CHECKING:
    from textual.widgets import Input

    from console.tui.app import Console


def bindings(screen: str) -> list[BindingType]:
    """A binding for each action of a screen, with the action's id."""
    return [
        Binding(",".join(action.keys_on(screen)), f"do('{action.id}')", action.name, id=action.id)
        for action in of_screen(screen)
    ]


class BoardScreen(Screen[None]):
    """A screen that draws the picture. Subclasses say what is between header and footer
    (``body``), how to draw it (``draw``), what the cursor is on (``aim``), and how to move."""

    NAME: ClassVar[str] = ""
    AUTO_FOCUS = ""

    @property
    def console(self) -> Console:
        """The application."""
        return cast("Console", self.app)

    @property
    def session(self) -> Session:
        """What is remembered between screens."""
        return self.console.session

    @property
    def picture(self) -> Picture:
        """What is to be drawn."""
        return self.console.picture

    @property
    def query_text(self) -> str:
        """This screen's filter."""
        return self.session.queries.get(self.NAME, "")

    def compose(self) -> ComposeResult:
        yield LineView(id="header")
        yield from self.body()
        yield LineView(id="footer")

    def body(self) -> list[Widget]:
        """The widgets between header and footer."""
        raise NotImplementedError  # abstract: each screen has its own; Textual's metaclass rules out ABC

    def draw(self) -> None:
        """Puts the picture into the body's widgets."""
        raise NotImplementedError  # abstract: each screen has its own; Textual's metaclass rules out ABC

    def aim(self) -> Aim:
        """What the cursor is on."""
        return self.console.aim("")

    def copied(self) -> str:
        """What ``copy`` takes."""
        aim = self.aim()
        return aim.instance or (aim.change["id"] if aim.change else "")

    def paged(self) -> list[str]:
        """What a pager would show: the log of what the cursor is on."""
        aim = self.aim()
        return [
            "".join(part.text for part in row).rstrip() for row in log_lines(self.picture, aim.change, aim.service, 0)
        ]

    def place(self) -> tuple[str, int]:
        """The file and line that ``edit`` opens; "" for the inventory as a whole."""
        return "", 0

    def redraw(self) -> None:
        """Everything; widgets find out what really changed."""
        if not self.is_mounted or not self.query("#header"):
            return
        self.draw()
        self.redraw_chrome()

    def redraw_chrome(self) -> None:
        """Header and footer only."""
        session, now = self.session, self.console.now()
        chrome = Chrome(
            session.environment, self.NAME, self.query_text, session.frozen_since, self.console.read_only, session.past
        )
        width = self.size.width
        self.query_one("#header", LineView).show(header(self.console.newest, chrome, now, width))
        self.query_one("#footer", LineView).show(
            [footer(self.NAME, self.aim(), session.notice, width, self.console.keys)]
        )

    def on_resize(self) -> None:
        self.call_after_refresh(self.redraw)

    def on_screen_resume(self) -> None:
        self.call_after_refresh(self.redraw)

    async def action_do(self, name: str) -> None:
        """Does what a key or the palette asks for, or says why not."""
        action = BY_ID[name]
        aim = self.aim()
        if why_not := blocked(action, aim):
            self.say(Notice(f"{action.name}: {why_not}", "refused"))
            return
        self.session.notice = None
        await self._dispatch(action, aim)
        self.console.redraw()

    async def _dispatch(self, action: Action, aim: Aim) -> None:
        if action.request is not None and action.danger is Danger.BRAKE:
            self.console.send(action.request(aim))
        else:
            own = getattr(self, f"do_{action.id}", None)
            opening = own() if own is not None else self.console.deed(action, aim)
            if opening is not None:
                await opening
                self.console.opened()

    @on(events.Click)
    async def _on_footer_clicked(self, event: events.Click) -> None:
        """A click on a key of the footer is that key."""
        footer = self.query_one("#footer", LineView)
        if event.widget is footer and self.session.notice is None:
            name = action_at(self.NAME, self.aim(), self.size.width, self.console.keys, event.x)
            if name:
                await self.action_do(name)

    def say(self, notice: Notice) -> None:
        """Shows a notice in the footer."""
        self.console.say(notice)

    async def do_filter(self) -> None:
        """Opens the filter line."""
        from textual.widgets import Input  # not needed for the first frame

        if not self.query("#filter"):
            box = Input(
                self.query_text,
                placeholder="text  team:  state:  host:  domain:  by:  kind:",
                compact=True,
                id="filter",
            )
            await self.mount(box, before="#footer")
            self.set_focus(box)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filters while it is typed."""
        if event.input.id == "filter":
            self.session.queries[self.NAME] = event.value
            self.redraw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keeps the filter."""
        if event.input.id == "filter":
            event.input.remove()
            self.call_after_refresh(self.redraw)

    def do_back(self) -> None:
        """Out of the filter line, the past, the filter, the screen: in that order."""
        boxes = self.query("#filter")
        if not boxes and self.session.past is not None:
            self.console.to_present()
        elif boxes or self.query_text:
            self.session.queries.pop(self.NAME, None)
            boxes.remove()
            self.call_after_refresh(self.redraw)
        else:
            self.console.go_back()
