"""The picture: the last board and graph that the engine sent, and what is known of the link to it. A
new picture replaces the old one whole; screens only ever read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from console.tui.render.times import parse
from engine.api.protocol import (
    Board,
    ChangeView,
    EngineView,
    ExternalView,
    GraphView,
    HostView,
    PlacementView,
    ServiceView,
    StatusRow,
    WaitView,
    WatchEvent,
)

FINISHED = frozenset({"succeeded", "failed", "reverted", "cancelled", "superseded"})


@dataclass(frozen=True)  # not slotted: the indexes below are computed once, when first asked for
class Picture:
    """``received`` is when the board came, by this machine's clock; ``away_since`` is set while
    no engine answers, with ``problem`` the sentence that says why."""

    board: Board | None = None
    graph: GraphView | None = None
    received: datetime | None = None
    away_since: datetime | None = None
    problem: str = ""
    events: tuple[WatchEvent, ...] = ()

    def away(self, now: datetime, problem: str) -> Picture:
        """The same picture, with the engine gone since ``now`` (or since it first went)."""
        return replace(self, away_since=self.away_since or now, problem=problem)

    def shows_the_same(self, other: Picture) -> bool:
        """Whether nothing but the engine's own figures differs: the next tick of the clock draws those."""
        mine, its = self.board, other.board
        if mine is None or its is None or self.away_since != other.away_since or self.graph is not other.graph:
            return False
        return self.events == other.events and {**mine, "engine": None} == {**its, "engine": None}

    @property
    def connected(self) -> bool:
        """Whether the engine answered last time."""
        return self.board is not None and self.away_since is None

    @property
    def engine(self) -> EngineView | None:
        """What the engine says of itself."""
        return self.board["engine"] if self.board else None

    @cached_property
    def skew(self) -> timedelta:
        """How far the engine's clock is ahead of this machine's."""
        said = parse(self.board["engine"]["now"]) if self.board else None
        return said - self.received if said and self.received else timedelta(0)

    @cached_property
    def environments(self) -> tuple[str, ...]:
        """In the inventory's order; from the board's rows until the graph has come."""
        if self.graph and self.graph["environments"]:
            return tuple(self.graph["environments"])
        rows = self.board["status"] if self.board else []
        return tuple(dict.fromkeys(row["environment"] for row in rows))

    @cached_property
    def _rows(self) -> Mapping[tuple[str, str], StatusRow]:
        rows = self.board["status"] if self.board else []
        return {(row["service"], row["environment"]): row for row in rows}

    def row(self, service: str, environment: str) -> StatusRow | None:
        """The status of one instance."""
        return self._rows.get((service, environment))

    def rows(self, environment: str) -> list[StatusRow]:
        """All instances of an environment, as the engine ordered them."""
        return [row for (_, where), row in self._rows.items() if where == environment]

    @property
    def changes(self) -> list[ChangeView]:
        """Unfinished ones in the queue's order, then the latest finished."""
        return self.board["changes"] if self.board else []

    def change(self, number: str) -> ChangeView | None:
        """One change by its id."""
        return next((change for change in self.changes if change["id"] == number), None)

    def change_of(self, service: str, environment: str) -> ChangeView | None:
        """The unfinished change that a service is part of: the one under way before those that wait."""
        mine = [
            change
            for change in self.changes
            if change["environment"] == environment
            and change["state"] not in FINISHED
            and any(item["service"] == service for item in change["items"])
        ]
        return next((change for change in mine if change["state"] != "waiting"), mine[0] if mine else None)

    def last_of(self, service: str, environment: str) -> ChangeView | None:
        """The unfinished change that a service is part of, else the one that finished last."""
        return self.change_of(service, environment) or next(
            (
                change
                for change in self.changes
                if change["environment"] == environment and any(i["service"] == service for i in change["items"])
            ),
            None,
        )

    @property
    def unfinished(self) -> list[ChangeView]:
        """Changes that are not done."""
        return [change for change in self.changes if change["state"] not in FINISHED]

    @property
    def hosts(self) -> list[HostView]:
        """Every host, as the engine ordered them."""
        return self.board["hosts"] if self.board else []

    @cached_property
    def _placed(self) -> Mapping[tuple[str, str], list[tuple[str, PlacementView]]]:
        found: dict[tuple[str, str], list[tuple[str, PlacementView]]] = {}
        for (service, where), row in self._rows.items():
            for place in row["placements"]:
                found.setdefault((place["host"], where), []).append((service, place))
        return found

    def placed(self, host: HostView) -> list[tuple[str, PlacementView]]:
        """What is placed on a host, as the services' rows tell it: (service, placement)."""
        return self._placed.get((host["host"], host["environment"]), [])

    @cached_property
    def services(self) -> Mapping[str, ServiceView]:
        """The graph's nodes by name."""
        nodes = self.graph["services"] if self.graph else []
        return {node["service"]: node for node in nodes}

    @cached_property
    def externals(self) -> Mapping[str, ExternalView]:
        """What is needed and never rolled, by name."""
        known = self.board.get("externals", []) if self.board else []
        return {external["external"]: external for external in known}

    @cached_property
    def waits(self) -> list[WaitView]:
        """Every wait there is, each once."""
        seen: dict[tuple[str, str, str, str], WaitView] = {}
        for change in self.changes:
            for wait in change["waits"]:
                seen.setdefault((wait["change"], wait["subject"], wait["reason"], wait["message"]), wait)
        for row in self._rows.values():
            for wait in row["waits"]:
                seen.setdefault((wait["change"], wait["subject"], wait["reason"], wait["message"]), wait)
        return list(seen.values())
