"""Who is meant by the names in a policy: people by their operating-system users, and teams
written ``team:NAME``.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.model.inventory import Inventory

TEAM = "team:"


def people(inventory: Inventory, names: Iterable[str]) -> tuple[str, ...]:
    """Everybody whom the names stand for, each once, by name."""
    found: set[str] = set()
    for name in names:
        if name.startswith(TEAM):
            team = inventory.teams.get(name.removeprefix(TEAM))
            found.update(team.members if team else ())
        else:
            found.add(name)
    return tuple(sorted(found))


def in_words(inventory: Inventory, names: Iterable[str]) -> str:
    """The names with the people behind teams: ``team:sre (ana, bo) or kim``."""
    each = [
        f"{name} ({', '.join(people(inventory, [name])) or 'nobody'})" if name.startswith(TEAM) else name
        for name in names
    ]
    return " or ".join(each) if each else "anybody"
