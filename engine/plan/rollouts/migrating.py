"""What a preview says of migrations (the hook ``once``): that they stay when a version goes back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.model.change import Change, Kind
from engine.plan.estate import Estate


def migrations(estate: Estate, changes: Iterable[Change]) -> Iterator[str]:
    """A sentence for each service that migrates, or that goes back behind its migration."""
    for change in changes:
        for item in change.items:
            known = estate.known(change.instance(item))
            now = known.configuration.hooks.once if known.configuration else None
            if change.kind is Kind.ROLLBACK:
                if now is not None and known.target != item.goal:
                    yield (
                        f"{item.service}: no migration is run or undone; {item.goal} has to bear what that of "
                        f"{known.target} has done"
                    )
            elif item.configuration.hooks.once is not None:
                yield (
                    f"{item.service} {item.goal} runs its migration once, before its first placement moves; it stays "
                    f"when the change is taken back: {known.target or 'what ran before'} has to bear it"
                )
