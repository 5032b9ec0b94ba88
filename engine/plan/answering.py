"""Questions that an estate answers once about each thing."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:  # an estate asks this itself
    from engine.plan.estate import Estate

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def once(question: Callable[[Estate, K], T]) -> Callable[[Estate, K], T]:
    """Answer a question about one thing once: the rules ask the same of a service for each of
    its neighbours, and nothing changes while an estate lives."""
    name = question.__name__

    @wraps(question)
    def answer(estate: Estate, about: K) -> T:
        known: dict[Any, T] = estate.answers[name]
        if about not in known:
            known[about] = question(estate, about)
        return known[about]

    return answer
