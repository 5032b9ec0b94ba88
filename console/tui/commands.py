"""What can be typed after the colon: every action of the registry by its name, and some that take an
argument. Pure but for ``run``: text and a picture in, suggestions out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.tui.actions import BY_ID, of_screen
from console.tui.completion import fuzzy, suggest
from console.tui.picture import Picture
from console.tui.render.themes import THEMES

if TYPE_CHECKING:
    from console.tui.app import Console

MOST = 8
NOTIFY = ("off", "bell", "osc9")
ALIASES = {"q": "quit", "q!": "quit", "w": "why", "e": "edges", "env": "environment", "?": "help", "wq": "quit"}


@dataclass(frozen=True, slots=True)
class Offer:
    """``text`` is the whole line if it is taken."""

    text: str
    word: str
    note: str = ""


def _services(picture: Picture, environment: str) -> Iterable[tuple[str, str]]:
    return [(row["service"], f"{row['state']}  {row['team']}") for row in picture.rows(environment)]


def _changes(picture: Picture, environment: str) -> Iterable[tuple[str, str]]:
    return [
        (each["id"], f"{each['state']}  {', '.join(i['service'] for i in each['items'])}") for each in picture.changes
    ]


def _hosts(picture: Picture, environment: str) -> Iterable[tuple[str, str]]:
    return [(host["host"], f"{host['state']}  {host['domain']}") for host in picture.hosts]


def _environments(picture: Picture, environment: str) -> Iterable[tuple[str, str]]:
    return [(name, "now" if name == environment else "") for name in picture.environments]


def _teams(picture: Picture, environment: str) -> Iterable[tuple[str, str]]:
    return [(f"team:{name}", "") for name in sorted({row["team"] for row in picture.rows(environment)})]


Arguments = Callable[[Picture, str], Iterable[tuple[str, str]]]
# name: what it does, and what may follow
TAKING: dict[str, tuple[str, Arguments]] = {
    "deploy": ("queue versions: service=version ...", _services),
    "service": ("go to a service", _services),
    "change": ("go to a change", _changes),
    "host": ("go to a host", _hosts),
    "environment": ("switch to an environment", _environments),
    "filter": ("only what matches", _teams),
    "theme": ("change the colours, and keep them", lambda *_: [(name, "") for name in THEMES]),
    "notify": ("when a change of mine ends or needs me", lambda *_: [(name, "") for name in NOTIFY]),
    "at": ("the estate as it was: a time with its zone, or an event's number", lambda *_: []),
}


def offers(text: str, picture: Picture, environment: str, service: str, screen: str) -> list[Offer]:
    """Completions of a line."""
    name, space, argument = text.partition(" ")
    if not space:
        return _names(name, screen)
    known = TAKING.get(ALIASES.get(name, name))
    if known is None:
        return []
    if name == "deploy":
        return [Offer(f"deploy {s.text}", s.word, s.note) for s in suggest(argument, picture, environment, service)]
    scored = [
        (score, word, note)
        for word, note in known[1](picture, environment)
        if (score := fuzzy(argument, word)) is not None
    ]
    return [Offer(f"{name} {word}", word, note) for _, word, note in sorted(scored)[:MOST]]


def _names(typed: str, screen: str) -> list[Offer]:
    known = {action.id.replace("_", "-"): action.help for action in of_screen(screen)}
    known |= {name: said for name, (said, _) in TAKING.items()}
    scored = [(score, name) for name in known if (score := fuzzy(typed, name)) is not None]
    return [Offer(f"{name} " if name in TAKING else name, name, known[name]) for _, name in sorted(scored)[:MOST]]


async def run(console: Console, text: str) -> str:
    """Does what a line says; a sentence if it says nothing that can be done."""
    name, _, argument = text.strip().partition(" ")
    name, argument = ALIASES.get(name, name), argument.strip()
    doing = DOING.get(name)
    if doing is not None and argument:
        return doing(console, argument)
    action = BY_ID.get(name.replace("-", "_"))
    board = console.board_screen
    if action is None:
        near = [offer.word for offer in _names(name, board.NAME)][:3]
        hint = f"; near: {', '.join(near)}" if near else ""
        return f"{name} needs an argument" if name in TAKING else f"there is no command {name}{hint}"
    if board.NAME not in action.where:
        return f"{action.name}: not on this screen"
    await board.action_do(action.id)
    return ""


def _deploy(console: Console, argument: str) -> str:
    from console.tui.deeds import deploy_line

    return deploy_line(console, argument)


def _service(console: Console, argument: str) -> str:
    name, _, where = argument.partition("@")
    where = where or console.session.environment
    if console.picture.row(name, where) is None:
        return f"no service is called {name} in {where}"
    console.session.environment, console.session.service = where, name
    if console.board_screen.NAME not in {"map", "services"}:
        console.go("map")
    return ""


def _change(console: Console, argument: str) -> str:
    if console.picture.change(argument) is None:
        return f"change {argument} is not among those the engine remembers"
    console.session.change = argument
    console.go("rollout")
    return ""


def _host(console: Console, argument: str) -> str:
    if all(host["host"] != argument for host in console.picture.hosts):
        return f"no host is called {argument}"
    console.session.host = argument
    console.go("hosts")
    return ""


def _environment(console: Console, argument: str) -> str:
    if argument not in console.picture.environments:
        return f"no environment is called {argument}: there are {', '.join(console.picture.environments)}"
    console.session.environment = argument
    return ""


def _filter(console: Console, argument: str) -> str:
    console.session.queries[console.board_screen.NAME] = argument
    return ""


def _theme(console: Console, argument: str) -> str:
    return "" if console.use_theme(argument) else f"no theme is called {argument}: there are {', '.join(THEMES)}"


def _notify(console: Console, argument: str) -> str:
    if argument not in NOTIFY:
        return f"notifications are {', '.join(NOTIFY)}, not {argument}"
    console.settings.notify = argument
    console.settings.save()
    return ""


def _at(console: Console, argument: str) -> str:
    from console.tui.past import look_back

    look_back(console, argument)
    return ""


DOING: dict[str, Callable[[Console, str], str]] = {
    "deploy": _deploy, "service": _service, "change": _change, "host": _host, "environment": _environment,
    "filter": _filter, "theme": _theme, "notify": _notify, "at": _at,
}  # fmt: skip
