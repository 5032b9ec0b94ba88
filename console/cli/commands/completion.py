"""``interlock completion``: what a shell has to be told to complete commands, options and names."""

from __future__ import annotations

import click

from console.cli.grammar import verb
from console.cli.main import COMPLETING
from console.cli.session import Session

SHELLS = ("bash", "zsh", "fish")


@verb("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def completion_command(session: Session, shell: str) -> int:
    """Print the completion script of a shell. For bash: eval "$(interlock completion bash)" in ~/.bashrc;
    for zsh the same in ~/.zshrc; for fish: interlock completion fish > ~/.config/fish/completions/interlock.fish."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:  # click knows all three
        raise LookupError(shell)
    made = kind(click.get_current_context().find_root().command, {}, "interlock", COMPLETING)
    # Not made.source(): click would start a bash to ask for its version.
    click.echo(made.source_template % made.source_vars())
    return 0
