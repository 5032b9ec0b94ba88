"""How much CPU time `interlock check` takes on large inventories, in a process of its own, as an
operator would run it: 27, 1,000 and 10,000 services with three needs, a health check, an
artifact, a strategy and five placements each.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

TITLE = "`check` of an inventory of so many services, a process each: < 4 s of CPU for 10,000"
SIZES = (27, 1_000, 10_000)
PER_HOST = 10
PLACEMENTS = 5


def _service(number: int, chance: random.Random) -> str:
    needs = "".join(
        f'      - {{service: s{provider:05}, version: ">=1,<2"}}\n'
        for provider in sorted(chance.sample(range(number), min(3, number)))
    )
    return (
        f"  s{number:05}:\n"
        f"    team: team{number % 10}\n"
        f"    labels: {{tier: {number % 4}, language: python}}\n"
        f"    placement: {{group: g{number % 1000}}}\n"
        f'    artifact: {{path: "artifacts/s{number:05}-{{version}}.tar.gz"}}\n'
        f"    driver: systemd\n"
        f"    user: svc\n"
        f"    command: bin/serve --port {8000 + number % 1000} --quiet\n"
        f'    health: {{http: "http://127.0.0.1:{8000 + number % 1000}/healthz", interval: 2s}}\n'
        f"    rollout: {{max_parallel: 25%, canary: 1, min_healthy_time: 15s}}\n"
        f"    environment_variables: {{LOG_LEVEL: info, REGION: eu}}\n" + (f"    needs:\n{needs}" if needs else "")
    )


def inventory_text(services: int) -> str:
    """An inventory of so many services, the same every time."""
    chance = random.Random(services)
    hosts = max(PLACEMENTS, services * PLACEMENTS // PER_HOST)
    groups = max(1, hosts // PLACEMENTS)
    return (
        "organization: bench\nenvironments: {prod: {}}\nteams:\n"
        + "".join(f"  team{n}: {{members: [ana]}}\n" for n in range(10))
        + "domains: {a: {}, b: {}}\nhosts:\n"
        + "".join(
            f"  h{n:05}: {{address: 10.{n >> 16}.{n >> 8 & 255}.{n & 255}, environment: prod, "
            f"domain: {'ab'[n % 2]}, labels: {{group: g{n // PLACEMENTS % min(groups, 1000)}}}}}\n"
            for n in range(hosts)
        )
        + "services:\n"
        + "".join(_service(n, chance) for n in range(services))
    )


def _laid_out(folder: Path, services: int) -> Path:
    """The inventory's file, with a release of each service beside it."""
    artifacts = folder / "artifacts"
    artifacts.mkdir()
    names = [f"s{n:05}-1.4.2.tar.gz" for n in range(services)]
    for name in names:
        (artifacts / name).touch()
    (artifacts / "SHA256SUMS").write_text("".join(f"{'0' * 64}  {name}\n" for name in names))
    file = folder / "inventory.yaml"
    file.write_text(inventory_text(services))
    return file


def _checked(file: Path) -> tuple[float, int]:
    """CPU seconds and megabytes at the peak of one check."""
    with subprocess.Popen(
        [sys.executable, "-m", "console", "check", "-i", str(file)], stdout=subprocess.DEVNULL
    ) as running:
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def measure() -> list[dict[str, object]]:
    """A row for each size: the least of three runs."""
    rows: list[dict[str, object]] = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            file = _laid_out(Path(folder), size)
            cpu_s, peak_mb = min(_checked(file) for _ in range(3))
            file_mb = file.stat().st_size / 1e6
        rows.append({"services": size, "file, MB": round(file_mb, 2), "CPU, s": round(cpu_s, 2), "peak, MB": peak_mb})
    return rows
