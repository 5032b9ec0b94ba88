"""Screen 6: past and forecast as a Gantt chart. The keys pan and zoom; the cursor is on a change."""

from __future__ import annotations

from datetime import datetime, timedelta

from textual.widget import Widget

from console.tui.action import TIMELINE, Aim
from console.tui.asked import Asked
from console.tui.render.queue import change_pane
from console.tui.render.table import Table
from console.tui.render.timeline import Known, timeline_table, timeline_title
from console.tui.screens.base import bindings
from console.tui.screens.listing import ListScreen
from console.tui.widgets.lines import LineView
from console.tui.widgets.table import TableView
from engine.api.protocol import CalendarView, ForecastsView

SPANS_S = (900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400, 14 * 86400, 28 * 86400)
PAST_PART = 0.4  # where the present lies at first
FORECAST_FRESH_S, CALENDAR_FRESH_S = 5.0, 300.0


class TimelineScreen(ListScreen):
    """Remembers how far it is zoomed, and whether it follows the present or was panned away."""

    NAME = TIMELINE
    BINDINGS = bindings(TIMELINE)

    def __init__(self) -> None:
        super().__init__()
        self.zoom = 3
        self.shift_s = 0.0
        self.by_service = False
        self._forecast: Asked[ForecastsView] = Asked(self, "forecast", self.redraw)
        self._calendar: Asked[CalendarView] = Asked(self, "calendar", self.redraw)

    def body(self) -> list[Widget]:
        return [LineView(id="title"), TableView(id="table"), LineView(id="pane")]

    def stretch(self) -> tuple[datetime, datetime]:
        """What is in sight."""
        span_s = SPANS_S[self.zoom]
        begin = self.console.engine_now() + timedelta(seconds=self.shift_s - PAST_PART * span_s)
        return begin, begin + timedelta(seconds=span_s)

    def draw(self) -> None:
        self._ask()
        problem = self._forecast.problem or self._calendar.problem
        width = self.size.width
        title = timeline_title(self.stretch(), problem, self.console.engine_now(), width)
        self.query_one("#title", LineView).show([title])
        super().draw()
        pane = self.query_one("#pane", LineView)
        change = self.picture.change(self.view.cursor.partition("/")[0])
        pane.show(change_pane(change, self.console.engine_now(), pane.size.width, pane.size.height))

    def _ask(self) -> None:
        """The forecast of now, and the calendar of what is in sight and as much around it."""
        if not hasattr(self.console, "engine") or not self.console.newest.connected:
            return
        engine = self.console.engine
        begin, end = self.stretch()
        span = min(end - begin, timedelta(days=30))
        grid_s = SPANS_S[self.zoom] / 2
        key = (self.session.environment, self.zoom, begin.timestamp() // grid_s)
        where = self.session.environment
        first, last = (begin - span).isoformat(), (end + span).isoformat()
        self._calendar.want(key, CALENDAR_FRESH_S, lambda: engine.calendar(first, last, where))
        if self.console.session.past is None:
            self._forecast.want(
                self.picture.engine and self.picture.engine["seq"] // 20, FORECAST_FRESH_S, engine.forecast
            )

    def table(self, width: int) -> Table:
        forecast = self._forecast.value if self.session.past is None else None
        return timeline_table(
            self.picture, self.session.environment, self.query_text, Known(forecast, self._calendar.value),
            self.stretch(), self.console.engine_now(), width, by_service=self.by_service,
        )  # fmt: skip

    def wanted(self) -> str:
        """Stays on its lane while that is one of the chosen change's."""
        if self.view.cursor and self.view.cursor.partition("/")[0] == self.session.change:
            return self.view.cursor
        change = self.console.current_change()
        return f"{change['id']}/{change['items'][0]['service']}" if change and change["items"] else ""

    def moved(self, key: str) -> None:
        self.session.change = key.partition("/")[0]

    def aim(self) -> Aim:
        return self.console.aim_at_change(self.session.change)

    def do_enter(self) -> None:
        """Into the change's rollout."""
        if self.view.cursor:
            self.console.go("rollout")

    def _pan(self, part: float) -> None:
        self.shift_s += part * SPANS_S[self.zoom]

    def do_left(self) -> None:
        """Earlier."""
        self._pan(-0.125)

    def do_right(self) -> None:
        """Later."""
        self._pan(0.125)

    def do_zoom_in(self) -> None:
        """Less time, more of it."""
        self.zoom = max(0, self.zoom - 1)

    def do_zoom_out(self) -> None:
        """More time."""
        self.zoom = min(len(SPANS_S) - 1, self.zoom + 1)

    def do_now(self) -> None:
        """Back to the present; out of the past first, if one looks at it."""
        self.shift_s = 0.0
        self.console.to_present()

    def do_lanes(self) -> None:
        """A lane for each service, or for each part of each change."""
        self.by_service = not self.by_service
