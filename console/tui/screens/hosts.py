"""Screen 5: hosts by failure domain, and below them what runs on the one under the cursor."""

from __future__ import annotations

from textual.widget import Widget

from console.tui.action import HOSTS, Aim
from console.tui.render.hosts import host_pane, hosts_table
from console.tui.render.table import Table
from console.tui.screens.base import bindings
from console.tui.screens.listing import ListScreen
from console.tui.widgets.lines import LineView
from console.tui.widgets.table import TableView


class HostsScreen(ListScreen):
    """The cursor is on a host."""

    NAME = HOSTS
    BINDINGS = bindings(HOSTS)

    def body(self) -> list[Widget]:
        return [TableView(id="table"), LineView(id="pane")]

    def table(self, width: int) -> Table:
        return hosts_table(self.picture, self.session.environment, self.query_text, self.console.engine_now(), width)

    def draw(self) -> None:
        super().draw()
        pane = self.query_one("#pane", LineView)
        pane.show(host_pane(self.picture, self.view.cursor, pane.size.width, pane.size.height))

    def wanted(self) -> str:
        return self.session.host

    def moved(self, key: str) -> None:
        self.session.host = key

    def copied(self) -> str:
        return self.session.host

    def aim(self) -> Aim:
        return self.console.aim_at_host(self.session.host)

    def do_enter(self) -> None:
        """To the services on this host."""
        if self.session.host:
            self.session.queries["services"] = f"host:{self.session.host}"
            self.console.go("services")
