"""``interlock simulate``: the engine on a simulated fleet that goes wrong in every way, seed by seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from console.cli.grammar import verb
from console.cli.session import Session, say
from engine.errors import InterlockError, UsageError


@verb("simulate", "The engine on a simulated fleet: what was checked, what was found.")
@click.option("--seeds", type=click.IntRange(1), metavar="N", help="Run this many seeds. [20]")
@click.option("--from", "first", type=click.IntRange(0), default=0, metavar="N", help="The first of them. [0]")
@click.option("--seed", type=click.IntRange(0), metavar="K", help="Run only this one.")
@click.option("--services", type=click.IntRange(1, 500), metavar="N", help="How many. [2 to 7, as the seed has it]")
@click.option("--hosts", type=click.IntRange(1, 500), metavar="N", help="How many. [2 to 6, as the seed has it]")
@click.option(
    "--faults", default="", metavar="LIST", help="Only these faults, as in link-cut,disk-full; or none. [all]"
)
@click.option("--only", default="", metavar="LIST", help="Only these deeds of a seed's story, as in ana.3,fault.1.")
@click.option("--trace", is_flag=True, help="With --seed: the deeds and the last lines of its trace.")
@click.option("--tries", type=click.IntRange(0), default=120, metavar="N", help="To shorten what fails. [120]")
def simulate_command(
    session: Session, seeds: int | None, first: int, seed: int | None, trace: bool, tries: int, **made: Any
) -> None:
    """Run the engine, its planner and its journal on simulated hosts and virtual time, while people ask for
    random things and links, hosts, disks, clocks and the engine itself fail. What must hold is checked at
    every step; once all is healed everything must come to rest. The same seed is the same run.

    Exit 1 if something did not hold: then the story is shortened, and the command that replays it is printed.
    """
    from console.cli import offline

    _refuse_contradictions(seeds, seed, made["only"], trace=trace)
    chosen = range(first, first + (seeds or 20)) if seed is None else range(seed, seed + 1)
    only = None if seed is None or not made["only"] else made["only"]
    found = offline.simulation(
        chosen, made["services"] or 0, made["hosts"] or 0, made["faults"], only, 0 if trace or only else tries, say
    )
    session.give(found, lambda: _text(found, trace=trace))
    if found["failed"]:
        raise InterlockError(f"Seed {found['failed']['seed']} failed. Run it again: {found['failed']['replay']}")


def _refuse_contradictions(seeds: int | None, seed: int | None, only: str, *, trace: bool) -> None:
    if seed is not None and seeds is not None:
        raise UsageError("--seed is one seed and --seeds are several: give one of them.")
    if seed is None and (trace or only):
        raise UsageError("--trace and --only are about one story: name its seed with --seed.")


def _text(found: Mapping[str, Any], *, trace: bool) -> str:
    lines: list[str] = []
    if trace:
        lines += [*found["deeds"], "", *found["trace"], ""]
    hours, rate = found["virtual_s"] / 3600, found["virtual_s"] / max(found["real_s"], 0.001)
    many = f"{found['seeds']} seed{'s' * (found['seeds'] != 1)}"
    lines += [f"{many}: {hours:.1f} simulated hours in {found['real_s']:.0f} s, {rate:,.0f} times as fast as time"]
    lines += _table("What happened", found["counts"])
    lines += _table("What was checked", found["checks"])
    failed = found["failed"]
    if failed is None:
        return "\n".join([*lines, "", "Everything held."])
    lines += ["", f"What did not hold, seed {failed['seed']}:", *(f"  {each}" for each in failed["breaches"])]
    if not trace:
        lines += ["", f"The shortest story found, {len(failed['deeds'])} of {failed['of']} deeds:", *failed["deeds"]]
    return "\n".join(lines)


def _table(title: str, numbers: Mapping[str, int]) -> list[str]:
    return ["", title, *(f"{count:10,}  {name}" for name, count in sorted(numbers.items()))]
