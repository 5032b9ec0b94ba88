"""Cards of the map that stand for something else than one service: an external (◇), which is needed and never
rolled, and a folded tier (▣), all services of a tier in one card with the worst of their states. They are
nodes and rows like any other, so that board, matrix and tree draw them without knowing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from console.tui.picture import Picture
from console.tui.render.summary import ORDER
from engine.api.protocol import ExternalView, NeedView, ServiceView, StatusRow

EXTERNAL, TIER = "◇ ", "▣ tier "
HEALTH = {"passing": "converged", "failing": "failed"}  # whose looks they have


def is_stand_in(name: str) -> bool:
    """Whether a card of this name stands for something else than a service."""
    return name.startswith((EXTERNAL, TIER))


def tier_of(node: ServiceView) -> str:
    """A service's tier as its labels tell it, "" if they do not."""
    return node["labels"].get("tier", "")


def tiers(nodes: Iterable[ServiceView]) -> list[str]:
    """All tiers that there are."""
    return sorted({tier_of(node) for node in nodes} - {""})


def fold(nodes: Sequence[ServiceView], folded: Collection[str]) -> list[ServiceView]:
    """The nodes with every service of a folded tier in one; what they need of each other is gone."""
    name_of = {node["service"]: f"{TIER}{tier_of(node)}" for node in nodes if tier_of(node) in folded}
    if not name_of:
        return list(nodes)
    groups: dict[str, list[ServiceView]] = {}
    for node in nodes:
        groups.setdefault(name_of.get(node["service"], node["service"]), []).append(node)
    return [_merged(name, members, name_of) for name, members in groups.items()]


def _merged(name: str, members: Sequence[ServiceView], name_of: Mapping[str, str]) -> ServiceView:
    needs: dict[str, NeedView] = {}
    for member in members:
        for need in member["needs"]:
            provider = name_of.get(need["provider"], need["provider"])
            if provider != name:
                needs.setdefault(provider, {**need, "provider": provider})
    needed_by = dict.fromkeys(name_of.get(other, other) for member in members for other in member["needed_by"])
    externals = dict.fromkeys(each for member in members for each in member.get("externals", []))
    layer = round(sum(member["layer"] for member in members) / len(members))
    return {
        **members[0],
        "service": name,
        "needs": list(needs.values()),
        "needed_by": [other for other in needed_by if other != name],
        "layer": layer if len(members) > 1 else members[0]["layer"],
        "externals": list(externals),
    }


def with_externals(nodes: Sequence[ServiceView]) -> list[ServiceView]:
    """The nodes, and before them, in a column of their own, the externals that any of them needs."""
    needing: dict[str, list[str]] = {}
    for node in nodes:
        for name in node.get("externals", []):
            needing.setdefault(name, []).append(node["service"])
    outside = [_outside(name, consumers) for name, consumers in sorted(needing.items())]
    joined: list[ServiceView] = []
    for node in nodes:
        more: list[NeedView] = [
            {"provider": f"{EXTERNAL}{name}", "version": "", "when": ""} for name in node.get("externals", [])
        ]
        joined.append({**node, "needs": [*node["needs"], *more]} if more else node)
    return [*outside, *joined]


def _outside(name: str, consumers: list[str]) -> ServiceView:
    return {
        "service": f"{EXTERNAL}{name}", "team": "", "labels": {}, "needs": [], "needed_by": consumers,
        "layer": -1, "environments": [], "versions": [], "bad": {},
    }  # fmt: skip


def row_of(picture: Picture, name: str, environment: str) -> StatusRow | None:
    """The row that a card shows."""
    if name.startswith(EXTERNAL):
        return _external_row(picture.externals.get(name.removeprefix(EXTERNAL)), name, environment)
    if name.startswith(TIER):
        return _tier_row(members(picture, name, environment), name, environment)
    return picture.row(name, environment)


def members(picture: Picture, name: str, environment: str) -> list[StatusRow]:
    """The rows of a folded tier's services."""
    tier = name.removeprefix(TIER)
    rows = (picture.row(node["service"], environment) for node in picture.services.values() if tier_of(node) == tier)
    return [row for row in rows if row is not None]


def _external_row(known: ExternalView | None, name: str, environment: str) -> StatusRow:
    health = known["health"] if known else "unknown"
    return _row(
        name, environment, HEALTH.get(health, "unknown"), f"external, {health}", known["owner"] if known else ""
    )


def _tier_row(rows: Sequence[StatusRow], name: str, environment: str) -> StatusRow:
    counted = Counter(row["state"] for row in rows)
    worst = next((state for state in ORDER if counted[state]), "unknown")
    said = f"{len(rows)} services"
    if worst != "converged":
        said = f"{counted[worst]} of {len(rows)} {worst}"
    return _row(name, environment, worst, said, " ".join(sorted({row["team"] for row in rows})))


def _row(name: str, environment: str, state: str, said: str, team: str) -> StatusRow:
    return {
        "service": name, "environment": environment, "team": team, "current": {said: 1}, "target": None,
        "desired": None, "state": state, "placements": [], "waits": [], "bad": [],
    }  # fmt: skip
