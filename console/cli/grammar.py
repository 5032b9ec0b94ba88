"""What click is taught: global options before or after the subcommand, commands that are
loaded only when they are typed, and a clear answer to what is typed wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import click

from console.cli.session import Session
from engine.errors import UsageError
from engine.model.text import did_you_mean, near, printable


def _version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"interlock {version('interlock')}")
        ctx.exit()


def _globals() -> list[click.Option]:
    return [
        click.Option(["-i", "--inventory"], metavar="PATH", help="Inventory: a YAML file or a folder of them."),
        click.Option(["--state"], metavar="DIR", help="State folder of the engine."),
        click.Option(["--engine"], metavar="ADDR", help="The engine: a socket, or ssh://user@host."),
        click.Option(["-o", "--output"], type=click.Choice(["text", "json"]), help="Form of the data on stdout."),
        click.Option(["--read-only"], is_flag=True, help="Refuse everything that would change something."),
        click.Option(
            ["--version"], is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Print the version."
        ),
    ]


GLOBAL_NAMES = ("inventory", "state", "engine", "output", "read_only")


class Word(click.types.StringParamType):
    """A text that a shell may complete, by what its parameter is called."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from console.cli.completing import offered  # only when a shell asks

        return list(offered(ctx, param, incomplete))


class Verb(click.Command):
    """A command that takes the global options after its name too, and gets the session as
    its first argument."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for param in self.params:
            param.type = Word() if type(param.type) is click.types.StringParamType else param.type
        self.params.extend(_globals())

    def invoke(self, ctx: click.Context) -> Any:
        given = {name: ctx.params.pop(name) for name in GLOBAL_NAMES}
        ctx.obj = (ctx.obj or Session()).overridden(given)
        return super().invoke(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        self._refuse_repeated(ctx, args)
        return super().parse_args(ctx, args)

    def _refuse_repeated(self, ctx: click.Context, args: list[str]) -> None:
        """click takes the last of several; an operator who types two environments means both."""
        if ctx.resilient_parsing:
            return
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        for param in given:
            once = isinstance(param, click.Option) and not (param.multiple or param.is_flag)
            if once and given.count(param) > 1:
                raise UsageError(f"{param.opts[0]} is given {given.count(param)} times; give it once.")


def verb(name: str, short_help: str = "") -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function the command ``name``; its first argument is the Session."""

    def made(function: Callable[..., Any]) -> click.Command:
        return click.command(name, cls=Verb, short_help=short_help or None)(click.pass_obj(function))

    return made


class Commands(click.Group):
    """The commands by name, each loaded from its module when it is asked for.

    ``table`` maps a name to the module under ``console.cli.commands`` that defines it as
    ``NAME_command``.
    """

    def __init__(self, *args: Any, table: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(_globals())
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = self.table.get(cmd_name)
        if module is None:
            return None
        found = getattr(import_module(f"console.cli.commands.{module}"), f"{cmd_name.replace('-', '_')}_command")
        assert isinstance(found, click.Command)  # noqa: S101  # the table is ours
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.table and not name.startswith("-"):
            hint = did_you_mean(near(name, self.table))
            raise UsageError(f"There is no command {printable(name, 80)!r}{hint}; see interlock --help.")
        return super().resolve_command(ctx, args)
