"""The only door from the console to the engine's own code: commands that need no engine, or
that start one. Everything is imported when it is called, so that no other command pays for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InterlockError, InventoryInvalid

if TYPE_CHECKING:
    from engine.store.restoring import Restored

QUICK_BYTES = 1_000_000


@dataclass(frozen=True)
class Demo:
    """A demo's fleet that runs: what an engine is started with."""

    inventory: Path
    state: Path


def serve(
    inventory: Path,
    state: Path,
    socket: Path | None,
    log_format: str,
    *,
    exit_when_idle: bool,
    attached: bool,
    take_over: bool,
    metrics: str | None,
) -> int:
    """Run an engine in the foreground; returns its exit status."""
    from engine.api.exposition import parse_address
    from engine.serve import ServeOptions
    from engine.serve import serve as run

    options = ServeOptions(
        inventory=inventory,
        state=state,
        socket=socket,
        log_format=log_format,
        take_over=take_over,
        exit_when_idle=exit_when_idle,
        attached=attached,
        metrics=parse_address(metrics) if metrics is not None else None,
    )
    return run(options)


def names(path: Path) -> tuple[dict[str, list[str]], list[str], list[str]]:
    """The services with their environments, the environments and the hosts of an inventory. Raises
    InventoryInvalid, also for one that is too large to be read while somebody waits for a word."""
    from engine.inventory import load

    files = path.glob("*.y*ml") if path.is_dir() else [path]
    if sum(file.stat().st_size for file in files) > QUICK_BYTES:
        raise InventoryInvalid((f"{path}: too large to be read for names alone",))
    found = load(path)
    services = {
        name: [environment for environment in found.environments if service.hosts.get(environment)]
        for name, service in found.services.items()
    }
    return services, list(found.environments), list(found.hosts)


def validate(path: Path) -> None:
    """Raises InventoryInvalid, with every error at its line, if the inventory cannot be used."""
    from engine.inventory import load

    load(path)


def findings(path: Path) -> list[dict[str, Any]]:
    """Everything that ``check`` has to say: errors of the inventory, or the lints of a valid one.

    Each is ``{"file", "line", "severity", "rule", "message"}``.
    """
    from engine.collector import collector_paused
    from engine.hygiene import check
    from engine.inventory import load
    from engine.inventory.catalog import scan

    try:
        inventory = load(path)
    except InventoryInvalid as error:
        return [_parsed(line) for line in error.findings]
    with collector_paused():
        found = check(inventory, scan(inventory))
    return [
        {
            "file": finding.file,
            "line": finding.line,
            "severity": finding.severity.value,
            "rule": finding.rule,
            "message": finding.message,
        }
        for finding in found
    ]


def _parsed(line: str) -> dict[str, Any]:
    """A finding's printable line, ``file:line: severity rule: message``, in its parts."""
    place, _, rest = line.partition(": ")
    file, _, number = place.rpartition(":")
    head, _, message = rest.partition(": ")
    severity, _, rule = head.partition(" ")
    if severity not in ("error", "warning") or not number.isdigit():
        return {"file": "", "line": 0, "severity": "error", "rule": "", "message": line}
    return {"file": file, "line": int(number), "severity": severity, "rule": rule, "message": message}


def schema() -> dict[str, Any]:
    """The inventory's JSON Schema."""
    from engine.inventory.schema import json_schema

    return json_schema()


@contextmanager
def story(folder: Path, address: str, reload: Callable[[], None], tell: Callable[[str, str], None]) -> Iterator[None]:
    """The demo's story, played in a thread of its own while the block runs."""
    import threading

    from engine.api.client import Client
    from engine.fleet.layout import Folders
    from engine.fleet.story import Story

    over = threading.Event()
    told = Story(Client(address), Folders(folder.resolve()), reload, tell, over)
    thread = threading.Thread(target=told.run, name="story", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)


@contextmanager
def demo_fleet(folder: Path, services: int | None, hosts: int | None) -> Iterator[Demo]:
    """The demo's fleet for as long as the block runs; its processes end with it."""
    import sys

    if sys.platform != "linux":
        raise InterlockError("interlock demo runs on Linux only: its embedded hosts need it.")
    from engine.fleet.demo import running

    with running(folder, services, hosts) as fleet:
        yield Demo(fleet.inventory, fleet.state)


class Chain:
    """Whether audited events, given in order and in parts, hang together."""

    def __init__(self) -> None:
        from engine.store.chain import Verdict

        self.verdict = Verdict()

    def take(self, entries: Iterable[Mapping[str, Any]]) -> bool:
        """Look at some more; False once something is wrong."""
        from engine.store.chain import Entry, verify

        self.verdict = verify((Entry(*(entry[name] for name in Entry._fields)) for entry in entries), self.verdict)
        return not self.verdict.wrong


def journal_entries(file: Path) -> Iterator[Mapping[str, Any]]:
    """The events in a copy of a journal (a backup), as the audit has them. Raises StoreError."""
    from engine.store.copies import entries

    return (entry._asdict() for entry in entries(file))


def disagreement(file: Path) -> str:
    """What a copy of a journal keeps that its events do not come to; "" if nothing. Raises StoreError."""
    from engine.runtime import recount

    return recount.disagreement(file)


def checked_backup(file: Path) -> int:
    """The number of events in a backup. Raises StoreError if it is damaged."""
    from engine.store.restoring import check_backup

    return check_backup(file).seq


def restore(file: Path, folder: Path, by: str) -> Restored:
    """Make a backup the journal of a state folder that no engine holds. Raises StoreError."""
    import asyncio

    from engine.store import restoring

    return asyncio.run(restoring.restore(file, folder, by))


def doctor(path: Path, hosts: Sequence[str], **how: Any) -> Iterator[list[dict[str, str]]]:
    """The findings of each host, host by host as they answer. Each is ``{"host", "severity", "rule",
    "message", "remedy"}``; ``how`` is examine's. Raises UsageError for an unknown host."""
    from engine.doctor.clinic import examine

    for found in examine(path, hosts, **how):
        yield [{**asdict(each), "severity": each.severity.value} for each in found]


def starter(user: str) -> str:
    """The inventory to start from, with ``user`` as the team's first member."""
    from importlib.resources import files

    text = files("inventories").joinpath("two-hosts/inventory.yaml").read_text(encoding="utf-8")
    return text.replace("members: [you]", f"members: [{user}]")


def simulation(
    seeds: Iterable[int],
    services: int,
    hosts: int,
    faults: str,
    only: str | None,
    tries: int,
    told: Callable[[str], None],
) -> dict[str, Any]:
    """What simulated seeds came to (0 services or hosts: as the seed has it; ``tries``: to shorten the story
    of one that fails). ``failed`` is None or the seed, its breaches, shortest deeds and the command that
    replays them. ``told`` hears of progress. Raises UsageError for an unknown fault."""
    from engine.sim.campaign import campaign, faults_named, quietly
    from engine.sim.run import Options

    deeds = None if only is None else tuple(name.strip() for name in only.split(",") if name.strip())
    with quietly():
        found = campaign(seeds, Options(services, hosts, faults_named(faults), deeds), told, tries=tries)
    return found.as_data()
