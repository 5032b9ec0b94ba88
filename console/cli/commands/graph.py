"""``interlock graph``: who needs whom."""

from __future__ import annotations

import json

import click

from console.cli.grammar import verb
from console.cli.render.graphs import dot_text, graph_text, mermaid_text
from console.cli.session import Session

FORMATS = {"text": graph_text, "dot": dot_text, "mermaid": mermaid_text}


@verb("graph")
@click.option(
    "--format", "form", type=click.Choice(["text", "dot", "mermaid", "json"]), default=None, help="Form. [text]"
)
def graph_command(session: Session, form: str | None) -> None:
    """The services and what they need, with the versions they accept."""
    graph = session.client().graph()
    if form == "json" or (form is None and session.wants_json):
        click.echo(json.dumps(graph, indent=2))
    else:
        click.echo(FORMATS[form or "text"](graph))
