"""Forecasts: a table of what starts and ends when, and the errors of past ones."""

from __future__ import annotations

from console.cli.render.table import table
from console.cli.render.times import clock
from engine.api.protocol import AccuracyView, ForecastsView
from engine.model.text import printable


def forecast_text(found: ForecastsView) -> str:
    """Every rollout in the order of its start, with the end of its change that nine in ten keep;
    then the changes that nobody can date, and why."""
    late = {each["change"]: each["end_p90"] for each in found["changes"]}
    last: dict[str, str] = {}
    for leg in found["legs"]:
        last[leg["change"]] = max(last.get(leg["change"], ""), leg["end"] or "")
    rows = [
        (
            leg["change"],
            leg["environment"],
            f"{leg['service']} {leg['to']}",
            clock(leg["start"]),
            clock(leg["end"]),
            clock(late.get(leg["change"])) if leg["end"] == last[leg["change"]] else "",
        )
        for leg in found["legs"]
    ]
    lines = [table(("CHANGE", "ENV", "MOVE", "START", "END", "END P90"), rows)] if rows else []
    for each in found["changes"]:
        if each["end"] is None:
            why = f": {printable(each['held'])} (interlock why {each['change']})" if each["held"] else ""
            lines.append(f"change {each['change']} has no foreseeable end{why}")
    if not found["complete"]:
        lines.append("this is as far as can be foreseen; more is queued")
    return "\n".join(lines) or "nothing is queued"


def accuracy_text(found: AccuracyView) -> str:
    """Errors as percentages of the time between the forecast and the event."""
    if not found["starts"] and not found["ends"]:
        return "no forecast has been measured yet: no change that was foreseen has started since"
    rows = [
        ("starts", str(found["starts"]), _percent(found["start_error"]), ""),
        ("ends", str(found["ends"]), _percent(found["end_error"]), _percent(found["covered"])),
    ]
    return table(("OF", "MEASURED", "MEDIAN ERROR", "BY P90"), rows)


def _percent(part: float | None) -> str:
    return "" if part is None else f"{100 * part:.1f}%"
