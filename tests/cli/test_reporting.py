"""What is told of a change that is followed: each thing once, and a countdown never."""

from __future__ import annotations

from typing import Any, cast

from console.cli.reporting import News
from engine.api.protocol import ChangeView


def waiting(message: str, until: str | None = None) -> ChangeView:
    wait: dict[str, Any] = {
        "gate": "bake",
        "reason": "Baking",
        "subject": "checkout@prod",
        "change": "1",
        "message": message,
        "since": None,
        "until": until,
        "owner": "",
        "unblock": "",
    }
    return cast(ChangeView, {"items": [], "waits": [wait]})


def test_the_seconds_that_are_left_are_no_news() -> None:
    news = News()
    first = news.of(waiting("canary of checkout 2.4.0 bakes: 1h30m of 1h30m to go"))
    assert "1h30m of 1h30m" in first[0]
    for left in ("1h29m", "59m", "2s", "500ms"):
        assert news.of(waiting(f"canary of checkout 2.4.0 bakes: {left} of 1h30m to go")) == []
    assert news.of(waiting("all of checkout 2.4.0 bakes: 1h30m of 1h30m to go")) != []


def test_another_version_or_another_host_is_news() -> None:
    news = News()
    assert news.of(waiting("healing try 1 of 3 did not do (exit 1); the next in 10 s")) != []
    assert news.of(waiting("healing try 1 of 3 did not do (exit 1); the next in 9 s")) == []
    assert news.of(waiting("healing try 2 of 3 did not do (exit 1); the next in 20 s")) != []
    assert news.of(waiting("ledger 3.3.0 has to be there first")) != []
    assert news.of(waiting("ledger 3.4.0 has to be there first")) != []
