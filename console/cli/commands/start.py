"""``interlock``, ``interlock console``, ``engine`` and ``demo``: what starts something."""

from __future__ import annotations

import json
import shutil
import signal
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

import click

from console.cli.grammar import verb
from console.cli.session import Session, say
from console.cli.starting import EngineProcess, start_engine
from engine.api.address import SCHEME, SOCKET_NAME
from engine.api.client import Client
from engine.errors import EngineUnreachable, InterlockError, UsageError

SETTLED_S = 60.0
POLL_S = 0.1
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@verb("console")
def console_command(session: Session) -> int:
    """The full-screen console; starts an engine for this inventory if none runs."""
    return run_console(session)


def run_console(session: Session) -> int:
    """Attach to the engine, or start one that ends by itself once it is not needed."""
    try:
        address = session.engine_address
        Client(address, 5.0).engine()
    except EngineUnreachable:
        if session.engine or session.environ.get("INTERLOCK_ENGINE") or session.inventory_path is None:
            raise
        address = _start_for(session)
    return _show(address, session.read_only)


def _start_for(session: Session) -> str:
    from console.cli import offline

    offline.validate(session.needed_inventory())
    state = session.needed_state()
    say(f"no engine runs for {session.organization}: starting one, its log is {state}/engine.log")
    engine = start_engine(session.needed_inventory().resolve(), state, str(state / SOCKET_NAME), exit_when_idle=True)
    return engine.address


def _show(
    address: str, read_only: bool, *, engine_stays: bool = True, told: deque[tuple[str, str]] | None = None
) -> int:
    from console.tui.app import run

    narrator = None if told is None else lambda: told.popleft() if told else None
    return run(address, read_only=read_only, engine_stays=engine_stays, narrator=narrator)


@verb("engine")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="Form of the log on stderr.")
@click.option("--exit-when-idle", is_flag=True, help="End when nobody is connected and nothing is unfinished.")
@click.option("--attached", is_flag=True, hidden=True, help="End when standard input does: who started it is gone.")
@click.option("--take-over", is_flag=True, help="Claim hosts that obey an engine with another state folder.")
@click.option("--metrics", metavar="HOST:PORT", help="Serve Prometheus metrics, and nothing else, on this address.")
def engine_command(
    session: Session, log_format: str, exit_when_idle: bool, attached: bool, take_over: bool, metrics: str | None
) -> int:
    """The headless engine, in the foreground. SIGTERM: stop at the next safe point; twice: now.
    SIGHUP: reload the inventory."""
    from console.cli import offline

    inventory, state = session.needed_inventory(), session.needed_state()
    named = session.engine or session.environ.get("INTERLOCK_ENGINE")
    if named and named.startswith(SCHEME):
        raise UsageError("an engine listens on a socket of its own machine: name its path with --engine.")
    socket = Path(session.engine_address) if named else None
    return offline.serve(
        inventory,
        state,
        socket,
        log_format,
        exit_when_idle=exit_when_idle,
        attached=attached,
        take_over=take_over,
        metrics=metrics,
    )


@verb("demo")
@click.option("--services", type=click.IntRange(1), metavar="N", help="How many services. [27]")
@click.option("--hosts", type=click.IntRange(1), metavar="N", help="How many hosts.")
@click.option("--headless", is_flag=True, help="No console: print where the engine is, serve until SIGTERM.")
@click.option("--play", is_flag=True, help="Tell a story: a release, a bad one, a window, a service killed and healed.")
@click.option("--dir", "folder", metavar="DIR", help="Keep everything in DIR. [a temporary folder]")
def demo_command(
    session: Session, services: int | None, hosts: int | None, headless: bool, play: bool, folder: str | None
) -> int:
    """A sample organization on embedded hosts: real SSH servers on loopback, real processes."""
    from console.cli import offline

    with _ended_by_signal(), _folder(folder) as root:
        say(f"starting the embedded hosts in {root}")
        with offline.demo_fleet(root, services, hosts) as fleet:
            address = str(fleet.state / SOCKET_NAME)
            engine = start_engine(fleet.inventory, fleet.state, address, exit_when_idle=False, attached=True)
            try:
                told: deque[tuple[str, str]] | None = deque() if play else None
                with nullcontext() if told is None else _story(root, engine, None if headless else told):
                    if not headless:
                        return _show(engine.address, session.read_only, engine_stays=False, told=told)
                    _await_settled(engine)
                    click.echo(_ready(engine, fleet.inventory, fleet.state))
                    _serve(engine)
            finally:
                engine.stop()
    return 0


@contextmanager
def _story(root: Path, engine: EngineProcess, told: deque[tuple[str, str]] | None) -> Iterator[None]:
    """The story, told to the console; on stderr where there is none."""
    from console.cli import offline

    def tell(text: str, service: str) -> None:
        if told is None:
            say(text)
        else:
            told.append((text, service))

    reload = partial(engine.process.send_signal, signal.SIGHUP)
    with offline.story(root, engine.address, reload, tell):
        yield


def _ready(engine: EngineProcess, inventory: Path, state: Path) -> str:
    return json.dumps({"engine": engine.address, "inventory": str(inventory), "state": str(state)})


def _await_settled(engine: EngineProcess) -> None:
    """Until every placement was observed and every instance adopted."""
    client = Client(engine.address)
    deadline = time.monotonic() + SETTLED_S
    while True:
        open_ones = [row for row in client.status() if row["target"] is None or row["state"] == "unknown"]
        if not open_ones:
            return
        if time.monotonic() > deadline:
            names = ", ".join(f"{row['service']}@{row['environment']}" for row in open_ones[:5])
            raise InterlockError(
                f"The demo did not settle within {SETTLED_S:.0f} s: {names} not adopted, and it was stopped. "
                f"If this machine is busy, try again later, or with less: --services 5. Its log is {engine.log}."
            )
        time.sleep(POLL_S)


def _serve(engine: EngineProcess) -> None:
    """Until SIGTERM or ctrl-C; an engine that ends by itself is an error."""
    status = engine.process.wait()
    raise InterlockError(
        f"The demo's engine ended (exit status {status}), and its hosts were stopped too. Its log is {engine.log}."
    )


class _Ended(BaseException):
    """SIGTERM came."""


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Let SIGTERM, SIGHUP and SIGINT end the block in order, and only once."""

    def end(number: int, frame: object) -> None:
        for name in ENDING:
            signal.signal(name, signal.SIG_IGN)
        raise KeyboardInterrupt if number == signal.SIGINT else _Ended

    before = {name: signal.signal(name, end) for name in ENDING}
    try:
        yield
    except _Ended:
        say("stopped")
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextmanager
def _folder(named: str | None) -> Iterator[Path]:
    """The folder named, or one of our own that is removed afterwards, unless something failed in it."""
    if named:
        yield Path(named).expanduser().resolve()
        return
    root = Path(tempfile.mkdtemp(prefix="interlock-demo-"))
    failed = False
    try:
        yield root
    except InterlockError:
        failed = True
        raise
    finally:
        if failed and any(root.rglob("*.log")):
            say(f"the demo's folder {root} is kept, for its logs; remove it when you have seen them")
        else:
            shutil.rmtree(root, ignore_errors=True)
