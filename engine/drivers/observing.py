"""One look at a host: all its placements in one call, probed in parallel on the host."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite

from engine.drivers.bundle import check_lines
from engine.drivers.spec import PlacementSpec
from engine.drivers.wire import lines, milliseconds, read, read_claim, unreadable
from engine.model.names import PlacementId
from engine.model.observation import Claim, Health, HostReport, Sighting, Unit
from engine.model.remote import Command, Reply

# Reading state on the host, beside the slowest probe (probes run side by side).
OVERHEAD_S = 15.0
_UNITS = {unit.value: unit for unit in Unit}
_HEALTHS = {health.value: health for health in Health}


def observe(organization: str, specs: Sequence[PlacementSpec], bases: Iterable[str] = ()) -> Command:
    """Look at these placements of one host, and at the claims of these base folders too. Changes
    nothing, needs no claim; but a step whose job has died is reversed on the way."""
    timeout_s = max((_slowest_s(spec) for spec in specs), default=0.0) + OVERHEAD_S
    return Command("observe", (("organization", organization),), lines(_pairs(specs, bases)), timeout_s=timeout_s)


def _slowest_s(spec: PlacementSpec) -> float:
    """Checked, and asked for its version."""
    return 2 * spec.health.timeout_s + (spec.script.observe_timeout_s if spec.script else 0.0)


def _pairs(specs: Sequence[PlacementSpec], bases: Iterable[str]) -> Iterable[tuple[str, str]]:
    for spec in specs:
        yield ("service", spec.service)
        yield ("base", spec.base)
        yield ("driver", spec.driver.value)
        yield from check_lines(spec)
        yield ("end", milliseconds(spec.health.timeout_s))
    for base in sorted(set(bases) - {spec.base for spec in specs}):
        yield ("base", base)


def parse_observe(host: str, reply: Reply, specs: Sequence[PlacementSpec]) -> HostReport:
    """Read the answer to ``observe``: a sighting for each of ``specs``, in their order.

    Raises ``AnswerUnreadable`` if the answer is not one, or leaves out a placement.
    """
    heads, blocks = _blocks(reply)
    found: list[Sighting] = []
    steps: dict[PlacementId, str] = {}
    for spec in specs:
        block = blocks.get(spec.service)
        if block is None:
            raise unreadable(reply, f"nothing about {spec.service}")
        found.append(_sighting(spec, block))
        if block.get("step"):
            steps[spec.placement] = block["step"]
    head = dict(heads)
    claims = [read_claim(value) for key, value in heads if key == "claim"]
    return HostReport(
        host=host,
        boot_id=head.get("boot", ""),
        clock_s=_number(head.get("clock", "")),
        claim=_shared_claim(claims),
        sightings=tuple(found),
        free_bytes=int(_number(head.get("free", ""), -1.0)),
        steps=steps,
    )


def _blocks(reply: Reply) -> tuple[list[tuple[str, str]], dict[str, dict[str, str]]]:
    """The pairs before the first service, and those of each service."""
    heads: list[tuple[str, str]] = []
    blocks: dict[str, dict[str, str]] = {}
    block: dict[str, str] | None = None
    for key, value in read(reply).pairs:
        if key == "service":
            block = blocks.setdefault(value, {})
        elif block is None:
            heads.append((key, value))
        else:
            block[key] = value
    if not dict(heads).get("boot"):
        raise unreadable(reply, "no boot id")
    return heads, blocks


def _sighting(spec: PlacementSpec, block: dict[str, str]) -> Sighting:
    unit = _UNITS.get(block.get("unit", ""), Unit.UNKNOWN)
    health = _HEALTHS.get(block.get("health", ""), Health.UNKNOWN)
    release = block.get("release") or None
    version = block.get("version") or None
    if version is None and unit is Unit.RUNNING:
        version = release
    return Sighting(
        placement=spec.placement,
        version=version,
        release=release,
        configuration=block.get("configuration") or None,
        unit=unit,
        health=health,
        detail=block.get("detail", ""),
        sha256=block.get("sha256", ""),
        edited=block.get("changed") == "yes",
        restarts=int(_number(block.get("restarts", ""))),
    )


def _shared_claim(claims: Sequence[Claim | None]) -> Claim | None:
    """The claim over all base folders: the newest, and none as long as one folder has none."""
    held = [claim for claim in claims if claim is not None]
    return max(held, key=lambda claim: claim.epoch) if held and len(held) == len(claims) else None


def _number(text: str, default: float = 0.0) -> float:
    try:
        number = float(text)
    except ValueError:
        return default
    return number if isfinite(number) else default
