"""Host ranges and durations: small readers, by table."""

from __future__ import annotations

import pytest

from engine.inventory.ranges import RangeError, expand, expand_address
from engine.inventory.scalars import duration_s, duration_text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("web", ("web",)),
        ("web-[1-3]", ("web-1", "web-2", "web-3")),
        ("web-[8-11].eu", ("web-8.eu", "web-9.eu", "web-10.eu", "web-11.eu")),
        ("web-[08-11]", ("web-08", "web-09", "web-10", "web-11")),
        ("[007-007]x", ("007x",)),
        ("[0-1]", ("0", "1")),
    ],
)
def test_names(text: str, names: tuple[str, ...]) -> None:
    assert expand(text) == names


def test_an_ip_address_loses_the_zeros_of_names() -> None:
    assert expand_address("10.0.2.[08-10]") == ("10.0.2.8", "10.0.2.9", "10.0.2.10")
    assert expand_address("web-[08-10].example") == ("web-08.example", "web-09.example", "web-10.example")


@pytest.mark.parametrize(
    "text", ["a[", "a]", "a[]", "[1-2][1-2]", "[2-1]", "[01-100]", "[0-10000]", "[1]", "[-1-2]", "[[1-2]"]
)
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(RangeError):
        expand(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("10s", 10.0),
        ("5m", 300.0),
        ("1h30m", 5400.0),
        ("2d", 172800.0),
        ("1s100ms", 1.1),
        ("0", 0.0),
        ("0s", 0.0),
        ("", None),
        ("10", None),
        ("1m1h", None),
        ("1.5s", None),
        ("-1s", None),
        ("1 s", None),
        ("١s", None),
        ("1s\n", None),
        ("9" * 99 + "s", None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["500ms", "10s", "5m", "1h30m", "2d", "1d1h1m1s1ms", "0"])
def test_durations_are_shown_as_written(text: str) -> None:
    seconds = duration_s(text)
    assert seconds is not None
    assert duration_text(seconds) == text
