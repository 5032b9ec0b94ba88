"""A preview: the order in which things would move, and what they would wait for."""

from __future__ import annotations

from console.cli.render.table import table
from console.cli.render.waits import wait_lines
from engine.api.protocol import PlanView
from engine.model.text import printable


def plan_text(plan: PlanView) -> str:
    """The whole preview."""
    rows = [
        (str(step["order"]), step["service"], f"{step['from'] or 'nothing'} -> {step['to']}", ", ".join(step["after"]))
        for step in plan["steps"]
    ]
    lines = [table(("ORDER", "SERVICE", "MOVE", "AFTER"), rows) or "nothing would move"]
    lines += wait_lines(plan["waits"])
    for lockstep in plan["lockstep"]:
        lines.append(f"no safe order: {', '.join(printable(name) for name in lockstep['services'])} in lockstep")
        lines += [
            printable(
                f"    {pair['consumer']} {pair['consumer_version']} would run beside {pair['provider']} "
                f"{pair['provider_version']}, and needs {pair['needs']}"
            )
            for pair in lockstep["pairs"]
        ]
    for step in plan["bridge"]:
        move = f"{step['service']} {step['from']} -> {step['to']}"
        lines.append(printable(f"a way round: {move} in {step['environment']}"))
    if plan["touches"]:
        lines.append(f"depends on what moves: {', '.join(printable(name) for name in plan['touches'])}")
    return "\n".join(lines)


def order_text(plan: PlanView) -> str:
    """The order in one line: ``ledger, then checkout and cart``."""
    groups: dict[int, list[str]] = {}
    for step in plan["steps"]:
        move = (
            f"{step['from'] or 'nothing'} -> {step['to']}"
            if step["from"] != step["to"]
            else f"is at {step['to']} already"
        )
        groups.setdefault(step["order"], []).append(f"{step['service']} {move}")
    return printable(", then ".join(" and ".join(groups[order]) for order in sorted(groups)))
