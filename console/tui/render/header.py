"""The two rows that are always there: whose engine this is, how it fares, what is under way, and the
time; then the screens. An engine that is away fills its place in red, with the picture's age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rich.segment import Segment

from console.tui.picture import Picture
from console.tui.render.line import Line, length, line, span, spread
from console.tui.render.palette import ACCENT_BOLD, BAD_BOLD, FAINT, GOOD, MUTED, STRONG, TEXT, WARN
from console.tui.render.times import clock, duration, parse
from engine.api.protocol import PastView

TABS = (
    ("map", "Map"), ("services", "Services"), ("queue", "Queue"), ("rollout", "Rollout"), ("hosts", "Hosts"),
    ("timeline", "Timeline"), ("history", "History"), ("insights", "Insights"),
)  # fmt: skip
SLOW_LOOP_MS = 250.0


@dataclass(frozen=True, slots=True)
class Chrome:
    """What the header shows besides the picture."""

    environment: str
    screen: str
    query: str = ""
    frozen_since: datetime | None = None
    read_only: bool = False
    past: PastView | None = None


def header(picture: Picture, chrome: Chrome, now: datetime, width: int) -> list[Line]:
    """Both rows."""
    return [_first(picture, chrome, now, width), _tabs(chrome, width)]


def _first(picture: Picture, chrome: Chrome, now: datetime, width: int) -> Line:
    engine = picture.engine
    organization = engine["organization"] if engine else "interlock"
    left = line(
        span(f" {organization} ", STRONG), span("│ ", FAINT), span(chrome.environment or "–", ACCENT_BOLD), span("  ")
    )
    right = line(*_people(picture, chrome), span(clock(now), MUTED), " ")
    middle = _state(picture, chrome, now, width - length(left) - length(right))
    return spread((*left, *middle), right, width)


def _state(picture: Picture, chrome: Chrome, now: datetime, room: int) -> Line:
    if chrome.past is not None:
        return _past(chrome.past, now, room)
    engine = picture.engine
    if picture.away_since is not None:
        gone = duration((now - picture.away_since).total_seconds())
        if picture.received is None:
            return line(span(f"✗ no engine for {gone}, trying again", BAD_BOLD))
        old = duration((now - picture.received).total_seconds())
        text = f"✗ engine away {gone} · picture {old} old · reconnecting"
        return line(span(text if len(text) <= room else f"✗ engine away · {old} old", BAD_BOLD))
    if engine is None or picture.received is None:
        return line(span("◌ asking the engine", MUTED))
    parts: list[Segment] = []
    if chrome.frozen_since is not None:
        parts.append(span(f"‖ frozen {duration((now - chrome.frozen_since).total_seconds())}  ", WARN))
    if engine["paused_by"]:
        parts += [span("‖ engine paused", WARN), span(f" by {engine['paused_by']}", MUTED)]
    elif engine["draining"]:
        parts.append(span("▪ engine stopping", WARN))
    elif engine["lag_ms"] > SLOW_LOOP_MS:
        parts.append(span(f"▲ engine slow {engine['lag_ms']:.0f} ms", WARN))
    else:
        parts += [span("● ", GOOD), span("engine ", MUTED), span(f"{engine['lag_ms']:.0f} ms", TEXT)]
    old_s = (now - picture.received).total_seconds()
    if old_s > 5 and chrome.frozen_since is None:
        parts.append(span(f" · {duration(old_s)} old", WARN))
    counts = line(span("   "), *_counts(engine["busy"], engine["waiting"]))
    return (*parts, *counts) if length((*parts, *counts)) <= room else tuple(parts)


def _past(past: PastView, now: datetime, room: int) -> Line:
    """The banner over everything that is not the present."""
    then = parse(past["at"])
    when = f"{then.astimezone(now.tzinfo):%a %d %b %H:%M:%S}" if then else "the beginning"
    banner = line(span(f"◂ THE PAST  {when}", WARN), span(f"  event {past['seq']} of {past['last']}", MUTED))
    keys = line(span("  [ ]", ACCENT_BOLD), span(" step ", MUTED), span(" 0", ACCENT_BOLD), span(" now", MUTED))
    today = line(span("  by today's inventory", FAINT))  # it is not in the journal
    for whole in ((*banner, *today, *keys), (*banner, *today), banner):
        if length(whole) <= room:
            return whole
    return banner


def _counts(busy: int, waiting: int) -> list[Segment]:
    return [
        span("► ", ACCENT_BOLD if busy else FAINT),
        span(f"{busy} in flight", TEXT if busy else MUTED),
        span("  "),
        span("◔ ", WARN if waiting else FAINT),
        span(f"{waiting} waiting", TEXT if waiting else MUTED),
    ]


def _people(picture: Picture, chrome: Chrome) -> list[Segment]:
    engine = picture.engine
    who = engine["you"] if engine else ""
    parts = [span("read-only  ", WARN)] if chrome.read_only else []
    return [*parts, span(f"{who}  " if who else "", TEXT)]


def _tabs(chrome: Chrome, width: int) -> Line:
    parts = _titles(chrome.screen, gap=3, words=True)
    right = line(span("/", ACCENT_BOLD), span(chrome.query, TEXT), " ") if chrome.query else ()
    if length(parts) + length(right) > width:
        parts = _titles(chrome.screen, gap=1, words=True)
    if length(parts) + length(right) > width:
        parts = _titles(chrome.screen, gap=1, words=False)
    return spread(parts, right, width)


def _titles(screen: str, *, gap: int, words: bool) -> Line:
    parts: list[Segment] = [span(" ")]
    for number, (name, title) in enumerate(TABS, start=1):
        here = name == screen
        said = title if words or here else title[:3]
        parts += [
            span(f"{number}{' ' if words else ''}", ACCENT_BOLD if here else FAINT),
            span(said, STRONG if here else MUTED),
            span(" " * gap),
        ]
    return tuple(parts)
