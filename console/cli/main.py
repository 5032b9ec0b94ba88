"""The command's entry: the table of commands, and what becomes of every error.

Nobody who types something is shown a traceback. What was refused is a sentence; what is our
own fault is a sentence too, with the place of the traceback that a bug report needs.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from console.cli.grammar import GLOBAL_NAMES, Commands
from console.cli.session import Session, say
from engine.errors import InterlockError

INTERRUPTED = 130
USAGE = 2
FAILED = 1
COMPLETING = "_INTERLOCK_COMPLETE"  # the shell's scripts set it (console.cli.commands.completion)

TABLE = {
    "status": "status",
    "plan": "change",
    "deploy": "change",
    "apply": "desired",
    "export": "desired",
    "queue": "queue",
    "forecast": "forecast",
    "metrics": "metrics",
    "show": "queue",
    "why": "queue",
    "approve": "decide",
    "reject": "decide",
    "override": "decide",
    "clear-bad": "decide",
    "hold": "steer",
    "release": "steer",
    "abort": "steer",
    "retry": "steer",
    "promote": "steer",
    "expedite": "steer",
    "hook": "hooking",
    "cancel": "act",
    "pause": "act",
    "resume": "act",
    "rollback": "act",
    "restart": "maintain",
    "remove": "maintain",
    "cordon": "maintain",
    "uncordon": "maintain",
    "drain": "maintain",
    "retire": "maintain",
    "unretire": "maintain",
    "hosts": "hosts",
    "probe": "hosts",
    "logs": "events",
    "watch": "events",
    "history": "events",
    "audit": "audit",
    "backup": "journal",
    "restore": "journal",
    "graph": "graph",
    "doctor": "doctor",
    "init": "local",
    "check": "local",
    "schema": "local",
    "simulate": "simulate",
    "completion": "completion",
    "console": "start",
    "engine": "start",
    "demo": "start",
}


@click.group(
    cls=Commands,
    table=TABLE,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.pass_context
def cli(ctx: click.Context, /, **given: Any) -> None:
    """Knows every service, how they depend on each other, and when each change is safe; and carries it out.

    Without a command: the console.
    """
    ctx.obj = Session().overridden({name: given[name] for name in GLOBAL_NAMES})
    if ctx.invoked_subcommand is None:
        from console.cli.commands.start import run_console

        ctx.exit(run_console(ctx.obj))


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with the contract's code."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.exit(run(args))


def run(args: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code and lets no exception out."""
    if COMPLETING in os.environ:
        from console.cli.completing import prepare

        prepare()
    try:
        result = cli.main(args=args, prog_name="interlock", standalone_mode=False)
        code = result if isinstance(result, int) else 0
        sys.stdout.flush()
        return code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        error.show()
        return FAILED
    except InterlockError as error:
        say(f"interlock: {error}")
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  # the last resort: nobody is shown a traceback
        say(f"interlock: this is a bug ({type(error).__name__}); {_kept()}")
        return FAILED


def _kept() -> str:
    """Write the traceback to a file of its own; says where."""
    try:
        with tempfile.NamedTemporaryFile("w", prefix="interlock-bug-", suffix=".txt", delete=False) as file:
            traceback.print_exc(file=file)
        return f"its traceback was written to {file.name}"
    except OSError:
        return "its traceback could not be written anywhere"
