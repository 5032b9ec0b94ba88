"""Which services a large map opens on: not all of them, but what is not as it should be, what holds it, and
what is joined to it."""

from __future__ import annotations

from collections.abc import Sequence

from console.tui.picture import Picture
from engine.api.protocol import ServiceView

MANY = 60
CALM = frozenset({"converged"})


def chosen(
    picture: Picture, nodes: Sequence[ServiceView], environment: str, selected: str, *, whole: bool
) -> list[ServiceView]:
    """All of a small map, or of a calm one. Otherwise what is pending and its blockers: the
    needs of what waits or fails, and its dependents; and the selected service with its own."""
    if whole or len(nodes) <= MANY:
        return list(nodes)
    by_name = {node["service"]: node for node in nodes}
    stirred = {name for name in by_name if _is_stirred(picture, name, environment)}
    if not stirred:
        return list(nodes)
    shown = set(stirred) | {selected}
    for name in (*stirred, selected):
        node = by_name.get(name)
        if node is not None:
            shown |= {need["provider"] for need in node["needs"]} | set(node["needed_by"])
    return [node for node in nodes if node["service"] in shown]


def _is_stirred(picture: Picture, name: str, environment: str) -> bool:
    row = picture.row(name, environment)
    return row is not None and (row["state"] not in CALM or bool(row["waits"]) or bool(row.get("pending")))
