"""Screens that are not the first are loaded when they are first gone to: the first frame does not pay for them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from textual.screen import Screen


def lazily(name: str) -> Callable[[], Screen[Any]]:
    """What makes the screen of a name: ``queue`` is ``QueueScreen`` in the module of that name."""

    def make() -> Screen[Any]:
        module = import_module(f"console.tui.screens.{name}")
        return cast("Screen[Any]", getattr(module, f"{name.capitalize()}Screen")())

    return make
