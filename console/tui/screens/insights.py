"""Screen 8: how well deliveries go (the four DORA figures), and what `check` finds. Enter goes to the place
in the inventory, or to the services of a team."""

from __future__ import annotations

from textual.widget import Widget

from console.tui.action import INSIGHTS, Aim
from console.tui.actions import BY_ID
from console.tui.asked import Asked
from console.tui.render.insights import finding_at, insight_pane, insights_table
from console.tui.render.line import line, span
from console.tui.render.palette import BAD, FAINT, MUTED, TEXT
from console.tui.render.table import Table
from console.tui.screens.base import bindings
from console.tui.screens.listing import ListScreen
from console.tui.widgets.lines import LineView
from console.tui.widgets.table import TableView
from engine.api.protocol import DoraView, FindingView

DAYS = (7.0, 30.0, 90.0, 365.0)
FRESH_S = 30.0


class InsightsScreen(ListScreen):
    """Remembers over how many days, and whether by team or by service."""

    NAME = INSIGHTS
    BINDINGS = bindings(INSIGHTS)

    def __init__(self) -> None:
        super().__init__()
        self.over = 1
        self.by_service = False
        self._figures: Asked[DoraView] = Asked(self, "dora", self.redraw)
        self._findings: Asked[list[FindingView]] = Asked(self, "findings", self.redraw)

    def body(self) -> list[Widget]:
        return [LineView(id="title"), TableView(id="table"), LineView(id="pane")]

    def draw(self) -> None:
        if hasattr(self.console, "engine") and self.console.newest.connected:
            engine, where, days = self.console.engine, self.session.environment, DAYS[self.over]
            self._figures.want((where, days), FRESH_S, lambda: engine.dora(where, days))
            inventory = self.console.newest.engine and self.console.newest.engine["started"]
            self._findings.want(inventory, FRESH_S, engine.findings)
        problem = self._figures.problem or self._findings.problem
        said = span(f"   ✗ {problem}", BAD) if problem else span("")
        title = line(
            span(f" {self.session.environment}", TEXT), span(f"  the last {DAYS[self.over]:g} days", TEXT),
            span(f"  by {'service' if self.by_service else 'team'}", MUTED),
            span("   + − days   s team or service   tab environment", FAINT), said,
        )  # fmt: skip
        self.query_one("#title", LineView).show([title])
        super().draw()
        pane = self.query_one("#pane", LineView)
        pane.show(insight_pane(self.view.cursor, self._findings.value, pane.size.width)[: pane.size.height])

    def table(self, width: int) -> Table:
        findings = self._findings.value
        return insights_table(self._figures.value, findings, self.query_text, width, services=self.by_service)

    def moved(self, key: str) -> None:
        kind, _, name = key.partition("/")
        if kind == "group" and self.by_service:
            self.session.service = name

    def copied(self) -> str:
        return self.view.cursor.partition("/")[2]

    def place(self) -> tuple[str, int]:
        found = finding_at(self.view.cursor, self._findings.value)
        return (found["file"], found["line"]) if found else ("", 0)

    def aim(self) -> Aim:
        return self.console.aim("")

    def do_enter(self) -> None:
        """To the services of a team, to the service, or to the place of a finding."""
        kind, _, name = self.view.cursor.partition("/")
        if kind == "group" and self.by_service:
            self.console.open_service(name)
        elif kind == "finding":
            self.console.deed(BY_ID["edit"], self.aim())
        elif kind == "group":
            self.session.queries["services"] = f"team:{name}"
            self.console.go("services")

    def do_zoom_in(self) -> None:
        """Fewer days."""
        self.over = max(0, self.over - 1)

    def do_zoom_out(self) -> None:
        """More days."""
        self.over = min(len(DAYS) - 1, self.over + 1)

    def do_lanes(self) -> None:
        """By service, or by team."""
        self.by_service = not self.by_service
