"""What a shell is offered for a word that names something: services, versions, environments,
changes, hosts, gates. The engine is asked; where none runs, the inventory.

A word is completed while a person waits for it, so whatever is slow, far away (an engine behind
ssh) or wrong offers nothing, and says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class

from console.cli.grammar import GLOBAL_NAMES
from console.cli.render.changes import FINAL
from console.cli.session import Session
from engine.api.address import SCHEME
from engine.api.client import Client
from engine.errors import EngineUnreachable
from engine.model.text import printable
from engine.model.wait import GATES, NEVER_OVERRIDDEN

QUICK_S = 1.0
MOST = 200
BREAKS = ("=", "@", ":")  # where bash takes a word apart (COMP_WORDBREAKS)
# Commands that are also for changes that are over.
OF_THE_PAST = ("show", "why", "logs", "history", "retry", "rollback", "hook")

Item = CompletionItem[str]


@dataclass(frozen=True, slots=True)
class Names:
    """What there is: each service's environments and versions (newest first), environments, hosts."""

    services: Mapping[str, tuple[list[str], list[str]]]
    environments: list[str]
    hosts: list[str]


def offered(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Item]:
    """What a parameter can be, beginning with what is typed; nothing if that cannot be told soon."""
    source = _SOURCES.get(param.name or "")
    if source is None or "\n" in incomplete:
        return []
    try:
        items = source(_Asked(ctx, param, incomplete))
        meant = (item for item in items if item.value.startswith(incomplete) and printable(item.value) == item.value)
        return list(islice(meant, MOST))
    except Exception:  # noqa: BLE001  # whatever it is: an error in the middle of a line helps nobody
        return []


class _Asked:
    """One word to complete, and where to ask for what it may be."""

    def __init__(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> None:
        self.ctx, self.param, self.incomplete = ctx, param, incomplete
        session = Session()
        for each in (*([ctx.parent] if ctx.parent else []), ctx):
            session = session.overridden({name: each.params.get(name) for name in GLOBAL_NAMES})
        self.session = session

    def client(self) -> Client | None:
        """The engine of this machine; none for one behind ssh: that takes too long."""
        return None if self.session.engine_address.startswith(SCHEME) else self.session.client(QUICK_S)

    def names(self, ask: Callable[[Client], Names]) -> Names:
        """What the engine says; else what the inventory says, which knows no versions."""
        with suppress(EngineUnreachable):
            if client := self.client():
                return ask(client)
        from console.cli.offline import names

        services, environments, hosts = names(self.session.needed_inventory())
        return Names({name: (where, []) for name, where in services.items()}, environments, hosts)

    def services(self) -> Names:
        """All but the hosts."""
        return self.names(_graph)

    def before(self) -> tuple[str, ...]:
        """The words that the same parameter has already."""
        given = self.ctx.params.get(self.param.name or "")
        return given if isinstance(given, tuple) else ()


def _graph(client: Client) -> Names:
    found = client.graph()
    services = {each["service"]: (each["environments"], each["versions"]) for each in found["services"]}
    return Names(services, found["environments"], [])


def _assignments(asked: _Asked) -> Iterator[Item]:
    """SERVICE=VERSION, and only SERVICE= while several services begin with what is typed."""
    named = {word.partition("=")[0] for word in asked.before()}
    typed, equals, _ = asked.incomplete.partition("=")
    services = {name: each for name, each in asked.services().services.items() if name not in named}
    meant = [name for name in services if (name == typed if equals else name.startswith(typed))]
    for name in meant:
        versions = services[name][1] if len(meant) == 1 else []
        yield from (CompletionItem(f"{name}={version}") for version in versions or [""])


def _instances(asked: _Asked) -> Iterator[Item]:
    """SERVICE, and SERVICE@ENV once an @ is typed."""
    typed, at, _ = asked.incomplete.partition("@")
    for name, (environments, _) in asked.services().services.items():
        if not at:
            yield CompletionItem(name)
        elif name == typed:
            yield from (CompletionItem(f"{name}@{environment}") for environment in environments)


def _subjects(asked: _Asked) -> Iterator[Item]:
    """What the command's own words say: services, and changes where it takes them."""
    with suppress(EngineUnreachable):
        if "CHANGE" in asked.param.make_metavar(asked.ctx):
            yield from _changes(asked)
    yield from _instances(asked)


def _changes(asked: _Asked) -> Iterator[Item]:
    """The changes that the command can be about, each with what it does; only an engine knows them."""
    past = (asked.ctx.command.name or "") in OF_THE_PAST
    client = asked.client()
    for change in client.changes() if client else []:
        if past or change["state"] not in FINAL:
            what = ", ".join(f"{item['service']} {item['to']}" for item in change["items"])
            yield CompletionItem(change["id"], help=printable(f"{change['state']}: {what}", 100))


def _hosts(asked: _Asked) -> Iterator[Item]:
    found = asked.names(lambda client: Names({}, [], [host["host"] for host in client.hosts()]))
    return (CompletionItem(host) for host in found.hosts if host not in asked.before())


def _environments(asked: _Asked) -> Iterator[Item]:
    return (CompletionItem(environment) for environment in asked.services().environments)


def _gates(asked: _Asked) -> Iterator[Item]:
    return (CompletionItem(gate) for gate in sorted({GATES[each] for each in GATES if each not in NEVER_OVERRIDDEN}))


# A name means the same in every command.
_SOURCES: Mapping[str, Callable[[_Asked], Iterator[Item]]] = {
    "assignments": _assignments,
    "subject": _subjects,
    "change": _changes,
    "host": _hosts,
    "hosts": _hosts,
    "environment": _environments,
    "through": _environments,
    "gate": _gates,
}


class Bash(BashComplete):
    """bash takes ``checkout=2.0`` and ``checkout@prod`` apart and replaces only the last piece: the
    pieces are put together to be understood, and what stays on the line is left out of the answer."""

    kept = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The whole words before the one to complete, and that one."""
        args, last = super().get_completion_args()
        words: list[str] = []
        joins = False
        for piece in (*args, last):
            of_option = bool(words) and words[-1].startswith("-")
            breaks = piece in BREAKS and bool(words)
            if of_option and piece == "=":  # --option=value: its value is a word of its own
                words.append("")
            elif words and (joins or (breaks and not of_option)):
                words[-1] += piece
            else:
                words.append(piece)
            joins = breaks
        whole = words.pop()
        kept = whole if last in BREAKS else whole.removesuffix(last)
        self.kept = kept.removesuffix("@")  # bash replaces an @ together with what follows it
        return words, whole

    def format_completion(self, item: Item) -> str:
        """As bash's function reads it."""
        return f"{item.type},{item.value.removeprefix(self.kept)}"


def prepare() -> None:
    """Let bash be answered in its own way."""
    add_completion_class(Bash)
