"""A preview: the order in which things would move, and what they would wait for."""

from __future__ import annotations

from console.cli.render.outages import outage_lines
from console.cli.render.table import table
from console.cli.render.times import clock
from console.cli.render.waits import wait_lines
from engine.api.protocol import PlanView, StepView
from engine.model.text import printable


def plan_text(plan: PlanView) -> str:
    """The whole preview."""
    rows = [
        (
            "-" if step.get("in_lockstep") else str(step["order"]),
            step["service"],
            move_text(step),
            after_text(step),
            clock(step["start"]),
            clock(step["end"]),
        )
        for step in plan["steps"]
    ]
    lines = [table(("ORDER", "SERVICE", "MOVE", "AFTER", "START", "END"), rows) or "nothing would move"]
    lines += [printable(f"{s['service']}: {s['strategy']}") for s in plan["steps"] if s.get("strategy")]
    lines += wait_lines(plan["waits"])
    lines += [printable(f"note: {said}") for said in plan.get("notes", ())]
    lines += [printable(f"broken already: {said}") for said in plan.get("violations", ())]
    for lockstep in plan["lockstep"]:
        lines.append(f"no safe order: {', '.join(printable(name) for name in lockstep['services'])} in lockstep")
        lines += [
            printable(
                f"    {pair['consumer']} {pair['consumer_version']} would run beside {pair['provider']} "
                f"{pair['provider_version']}, and needs {pair['needs']}"
            )
            for pair in lockstep["pairs"]
        ]
    lines += bridge_lines(plan)
    lines += outage_lines(plan)
    if plan["touches"]:
        lines.append(f"depends on what moves: {', '.join(printable(name) for name in plan['touches'])}")
    return "\n".join(lines)


def move_text(step: StepView) -> str:
    """``1.0 -> 2.0``; ``2.0, new configuration`` where the version stays."""
    if step["from"] == step["to"]:
        return f"{step['to']}, new configuration" if step.get("configuration") else f"is at {step['to']} already"
    return f"{step['from'] or 'nothing'} -> {step['to']}"


def after_text(step: StepView) -> str:
    """What goes before: what versions force, and what is only preferred."""
    if step.get("in_lockstep"):
        return f"no order: lockstep with {', '.join(step['after'])}"
    rather = [f"{name} (preferred)" for name in step.get("rather_after", ())]
    return ", ".join([*step["after"], *rather])


def bridge_lines(plan: PlanView) -> list[str]:
    """The way round a lockstep, step by step; nothing if there is no lockstep."""
    if not plan["lockstep"]:
        return []
    if not plan["bridge"]:
        if plan.get("bridge_given_up"):
            return ["    no bridge was found before the search was given up: there may be one; ask for fewer services"]
        return ["    no known versions bridge it in at most two steps"]
    lines = ["a bridge over versions in between, taken with deploy --accept-bridge:"]
    for number, leg in enumerate(plan["bridge"], 1):
        move = f"{leg['service']} {leg['from'] or 'nothing'} -> {leg['to']}"
        lines.append(printable(f"    {number}. {move} in {leg['environment']}"))
    return lines


def chain_lines(plan: PlanView) -> list[str]:
    """What would have to go back together with a rollback that others refuse."""
    if not plan["chain"]:
        return []
    lines = ["others refuse it; the whole chain, taken with --chain, would be:"]
    for number, leg in enumerate(plan["chain"], 1):
        lines.append(printable(f"    {number}. {leg['service']} {leg['from'] or 'nothing'} -> {leg['to']}"))
    return lines


def order_text(plan: PlanView) -> str:
    """The order in one line: ``ledger, then checkout and cart``."""
    groups: dict[int, list[str]] = {}
    for step in plan["steps"]:
        groups.setdefault(step["order"], []).append(f"{step['service']} {move_text(step)}")
    return printable(", then ".join(" and ".join(groups[order]) for order in sorted(groups)))
