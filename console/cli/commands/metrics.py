"""``interlock metrics``: the four DORA figures, by team and service."""

from __future__ import annotations

import click

from console.cli.grammar import verb
from console.cli.render.metrics import metrics_text
from console.cli.session import Session


@verb("metrics")
@click.option("-e", "--environment", default="", metavar="ENV", help="Of this environment. [the last in order]")
@click.option("--days", type=click.FloatRange(0, 3660, min_open=True), default=30.0, metavar="N", help="[30]")
@click.option("--services", is_flag=True, help="A line for each service that was deployed, too.")
def metrics_command(session: Session, environment: str, days: float, services: bool) -> None:
    """How often is deployed, how long it takes, how often it fails, and how soon it is mended."""
    found = session.client().dora(environment, days)
    session.give(found, lambda: metrics_text(found, services=services))
