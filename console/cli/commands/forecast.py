"""``interlock forecast``: what starts and ends when, and how good forecasts have been."""

from __future__ import annotations

import click

from console.cli.grammar import verb
from console.cli.render.forecasts import accuracy_text, forecast_text
from console.cli.session import Session


@verb("forecast")
@click.option("--accuracy", is_flag=True, help="The errors of past forecasts instead.")
def forecast_command(session: Session, accuracy: bool) -> None:
    """What of the queue starts and ends when, as things stand."""
    if accuracy:
        measured = session.client().accuracy()
        session.give(measured, lambda: accuracy_text(measured))
    else:
        found = session.client().forecast()
        session.give(found, lambda: forecast_text(found))
