"""Screen 7: the journal, searchable. Enter looks at the map as it was right after an event."""

from __future__ import annotations

from textual.widget import Widget

from console.tui.action import HISTORY, Aim
from console.tui.asked import Asked
from console.tui.past import look_back
from console.tui.render.history import event_pane, history_table
from console.tui.render.table import Table
from console.tui.screens.base import bindings
from console.tui.screens.listing import ListScreen
from console.tui.widgets.lines import LineView
from console.tui.widgets.table import TableView
from engine.api.protocol import WatchEvent

PAGE = 500


class HistoryScreen(ListScreen):
    """Holds what was loaded of the journal: a page at first, older pages when one goes on down."""

    NAME = HISTORY
    BINDINGS = bindings(HISTORY)

    def __init__(self) -> None:
        super().__init__()
        self._events: dict[int, WatchEvent] = {}
        self._page: Asked[list[WatchEvent]] = Asked(self, "history", self._arrived)
        self._reached_first = False
        self._before = 0

    def body(self) -> list[Widget]:
        return [TableView(id="table"), LineView(id="pane")]

    def draw(self) -> None:
        self._events.update((each["seq"], each) for each in self.console.newest.events if each["seq"])
        if hasattr(self.console, "engine") and self.console.newest.connected:
            self._load()
        super().draw()
        pane = self.query_one("#pane", LineView)
        event = self._events.get(int(self.view.cursor)) if self.view.cursor.isdigit() else None
        change = self.picture.change(event["change"]) if event else None
        pane.show(event_pane(event, change, self.console.engine_now(), pane.size.width, pane.size.height))

    def _load(self) -> None:
        engine, before = self.console.engine, self._before
        self._page.want(before, float("inf"), lambda: engine.history(limit=PAGE, before=before))

    def _arrived(self) -> None:
        page = self._page.value or []
        self._events.update((event["seq"], event) for event in page)
        self._reached_first = len(page) < PAGE or (bool(page) and page[0]["seq"] <= 1)
        self.redraw()

    def events(self) -> list[WatchEvent]:
        """What is loaded, oldest first; nothing of it stands twice."""
        return [self._events[seq] for seq in sorted(self._events)]

    def table(self, width: int) -> Table:
        now = self.console.now()
        return history_table(self.events(), self.query_text, now, width, more=not self._reached_first)

    def moved(self, key: str) -> None:
        event = self._events.get(int(key)) if key.isdigit() else None
        if event is not None and event["change"]:
            self.session.change = event["change"]

    def copied(self) -> str:
        event = self._events.get(int(self.view.cursor)) if self.view.cursor.isdigit() else None
        return f"{event['at']} {event['kind']} {event['message']}" if event else ""

    def paged(self) -> list[str]:
        return [f"{each['at']}  {each['seq']:>7}  {each['kind']:<20}  {each['message']}" for each in self.events()]

    def aim(self) -> Aim:
        event = self._events.get(int(self.view.cursor)) if self.view.cursor.isdigit() else None
        return self.console.aim_at_change(event["change"] if event else "")

    def do_down(self) -> None:
        """One down; at the last one, older events are asked for."""
        before = self.view.cursor
        super().do_down()
        self._further(before)

    def do_page_down(self) -> None:
        """A screenful down; likewise."""
        before = self.view.cursor
        super().do_page_down()
        self._further(before)

    def do_bottom(self) -> None:
        """To the oldest that is loaded; then to older ones."""
        before = self.view.cursor
        super().do_bottom()
        self._further(before)

    def _further(self, before: str) -> None:
        if self.view.cursor == before and not self._reached_first and self._events:
            self._before = min(self._events)
            self._load()

    def do_enter(self) -> None:
        """The map as it was right after this event."""
        if self.view.cursor:
            look_back(self.console, self.view.cursor)
            self.console.go("map")
