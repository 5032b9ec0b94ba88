"""Screen 2: the services as a table."""

from __future__ import annotations

from console.tui.action import SERVICES, Aim
from console.tui.render.services import services_table
from console.tui.render.table import Table
from console.tui.screens.base import bindings
from console.tui.screens.listing import ListScreen


class ServicesScreen(ListScreen):
    """The cursor is on a service, and it is the same one as on the map."""

    NAME = SERVICES
    BINDINGS = bindings(SERVICES)

    def table(self, width: int) -> Table:
        return services_table(self.picture, self.session.environment, self.query_text, self.console.engine_now(), width)

    def wanted(self) -> str:
        return self.session.service

    def moved(self, key: str) -> None:
        self.session.service = key

    def aim(self) -> Aim:
        return self.console.aim(self.session.service)

    def do_enter(self) -> None:
        """Into the service, or the rollout it is in."""
        self.console.open_service(self.session.service)
