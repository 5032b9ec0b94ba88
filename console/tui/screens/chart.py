"""What the map is drawn from: which services and stand-ins are on it (all of them, or what is not as it should
be; tiers folded into cards), their layout, and their rows."""

from __future__ import annotations

from console.tui.render.chosen import chosen
from console.tui.render.filters import row_matches
from console.tui.render.layout import Layout, lay_out
from console.tui.render.stand_ins import TIER, fold, is_stand_in, row_of, tier_of, tiers, with_externals
from console.tui.screens.base import BoardScreen
from engine.api.protocol import ServiceView, StatusRow


class ChartScreen(BoardScreen):
    """The layout is worked out again only when the graph, the environment or the choice changed."""

    def __init__(self) -> None:
        super().__init__()
        self._laid: tuple[object, ...] | None = None
        self._layout = Layout()
        self.hidden = 0

    def here(self) -> list[ServiceView]:
        """The services of the environment."""
        graph, where = self.picture.graph, self.session.environment
        return [node for node in graph["services"] if where in node["environments"]] if graph else []

    def layout_now(self) -> Layout:
        """The layout of what is shown."""
        picture, session = self.picture, self.session
        where, nodes = session.environment, self.here()
        whole = session.whole or bool(self.query_text)
        some = chosen(picture, nodes, where, session.service, whole=whole)
        names = len(nodes) if len(some) == len(nodes) else tuple(node["service"] for node in some)
        key = (where, names, frozenset(session.folded))
        if self._laid is None or self._laid[0] is not picture.graph or self._laid[1:] != key:
            self._layout = lay_out(with_externals(fold(some, session.folded)))
            self._laid = (picture.graph, *key)
            self.hidden = len(nodes) - len(some)
        return self._layout

    def row_of(self, name: str) -> StatusRow | None:
        """The row that a card of the map shows."""
        return row_of(self.picture, name, self.session.environment)

    def _opening(self, layout: Layout) -> str:
        """Where to begin: at what moves or ails, else in the middle."""
        for state in ("failed", "reverting", "degraded", "rolling", "waiting"):
            for name in sorted(layout.slot):
                row = self.row_of(name)
                if row is not None and row["state"] == state:
                    return name
        middle = layout.columns[len(layout.columns) // 2]
        return middle[len(middle) // 2]

    def _shown(self, name: str) -> bool:
        row = self.row_of(name)
        return row is not None and row_matches(self.query_text, row)

    def fold_tier(self) -> None:
        """Folds the tier of the selected service, or unfolds the selected tier."""
        session, name = self.session, self.session.service
        if name.startswith(TIER):
            tier = name.removeprefix(TIER)
            session.folded.discard(tier)
            mine = [node["service"] for node in self.here() if tier_of(node) == tier]
            session.service = mine[0] if mine else ""
        elif not is_stand_in(name) and name in self.picture.services:
            tier = tier_of(self.picture.services[name])
            if tier:
                session.folded.add(tier)
                session.service = f"{TIER}{tier}"

    def fold_tiers(self) -> None:
        """Folds every tier; if all are folded, unfolds them."""
        session = self.session
        every = set(tiers(self.here()))
        if every and every <= session.folded:
            session.folded.clear()
            session.service = ""
        else:
            session.folded |= every
            node = self.picture.services.get(session.service)
            session.service = f"{TIER}{tier_of(node)}" if node and tier_of(node) else session.service
