"""Puts a real engine together and runs it in the foreground: inventory, journal, SSH, socket,
signals. SIGTERM or SIGINT: stop at the next safe point; a second one: now. SIGHUP: reload the
inventory; one that is invalid is refused and the old one kept.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from engine import inventory as inventories
from engine.api.desk import Desk
from engine.api.exposition import MetricsServer
from engine.api.metrics import Metrics
from engine.api.narrative import tell
from engine.api.server import ApiServer
from engine.collector import settle
from engine.drivers import DIGEST, SCRIPT
from engine.errors import InterlockError
from engine.runtime.depot import Depot
from engine.runtime.engine import Engine
from engine.runtime.forecaster import Forecaster
from engine.runtime.foresight import foresee
from engine.runtime.lag import Lag
from engine.runtime.ports import SystemChance, SystemClock
from engine.runtime.revisions import keep
from engine.runtime.supervisor import keep_alive, notify
from engine.runtime.watchers import Progress
from engine.runtime.webhooks import Webhooks
from engine.store.folder import JOURNAL
from engine.store.sqlite import SqliteStore
from engine.transport.ssh import SshTransport

log = structlog.get_logger()
IDLE_S = 15.0
SOCKET_NAME = "engine.sock"


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What ``interlock engine`` was told. ``socket`` None: ``engine.sock`` in the state folder.

    ``exit_when_idle``: end when nobody is connected and nothing is unfinished. ``attached``: end, at
    once, when standard input does, for then whoever started this engine is gone. ``metrics``: the
    address on which the numbers, and nothing else, are served over TCP.
    """

    inventory: Path
    state: Path
    socket: Path | None = None
    log_format: str = "text"
    take_over: bool = False
    exit_when_idle: bool = False
    attached: bool = False
    metrics: tuple[str, int] | None = None


def serve(options: ServeOptions) -> int:
    """Run an engine until it is told to stop; returns the exit status.

    Raises InterlockError, with nothing changed, if it cannot start.
    """
    _set_up_logging(options.log_format)
    return asyncio.run(_serve(options))


async def _serve(options: ServeOptions) -> int:
    inventory = inventories.load(options.inventory)
    store = await SqliteStore.open(options.state)
    try:
        transport = SshTransport(inventory, (SCRIPT, DIGEST))
        try:
            clock, chance = SystemClock(), SystemChance()
            loaded = await store.load()
            depot = Depot(options.state / "artifacts")
            engine = Engine(inventory, loaded, store, transport, clock, chance, depot.find, prover=depot)
            return await _run(engine, depot, options)
        finally:
            await transport.close()
    finally:
        await store.close()


async def _run(engine: Engine, depot: Depot, options: ServeOptions) -> int:
    lag, forecaster = Lag(), Forecaster()
    desk = Desk(engine, options.inventory, lag, forecaster, depot.kept)
    metrics = Metrics(desk, options.state / JOURNAL)
    server = ApiServer(desk, options.socket or options.state / SOCKET_NAME, metrics)
    hooks = Webhooks(options.state, lambda: (engine.snapshot, engine.plan), SystemChance())
    exposed = MetricsServer(metrics, options.metrics) if options.metrics else None
    if exposed is not None:
        await exposed.start()
    aside = [
        asyncio.create_task(work)
        for work in (lag.measure(), _narrate(engine), metrics.follow(), keep_alive(), hooks.run())
    ]
    loaded = await keep(engine.store, engine.snapshot.inventory)
    if loaded is not None:
        engine.deliver(loaded)  # stands in the journal before what is decided from it
    await engine.start(options.take_over)
    aside.append(asyncio.create_task(foresee(engine, forecaster)))
    await server.start()
    settle()
    _follow_signals(engine, options, aside)
    if options.exit_when_idle:
        aside.append(asyncio.create_task(_halt_when_idle(engine, server)))
    if options.attached:
        aside.append(asyncio.create_task(_halt_when_alone(engine)))
    notify("READY=1")
    log.info(
        "ready", socket=str(server.path), epoch=engine.snapshot.state.epoch, hosts=len(engine.snapshot.state.hosts)
    )
    try:
        await engine.run()
    finally:
        notify("STOPPING=1")
        for task in aside:
            task.cancel()
        await engine.close()
        await server.stop()
        if exposed is not None:
            await exposed.stop()
        await forecaster.close()
    log.info("stopped", seq=engine.seq)
    return 0


def _follow_signals(engine: Engine, options: ServeOptions, aside: list[asyncio.Task[None]]) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if engine.snapshot.draining:
            log.warning("stopping now", unresolved=sorted(engine.activity))
            engine.halt()
        else:
            log.info("stopping at the next safe point", under_way=sorted(engine.activity))
            engine.drain()

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    turn = asyncio.Lock()
    loop.add_signal_handler(
        signal.SIGHUP, lambda: aside.append(loop.create_task(_reload(engine, options.inventory, turn)))
    )


async def _reload(engine: Engine, path: Path, turn: asyncio.Lock) -> None:
    """Read the inventory anew, off the loop; keep the old one if it is not valid. One after the
    other: what was read first must not replace what was read later."""
    async with turn:
        notify("RELOADING=1")
        try:
            inventory = await asyncio.to_thread(inventories.load, path)
            loaded = await keep(engine.store, inventory)
            await engine.reload(inventory)
            if loaded is not None:
                engine.deliver(loaded)  # before the next turn of the loop, which is the first to see it
            log.info("inventory reloaded", path=str(path))
        except InterlockError as error:
            log.error("inventory refused, the old one is kept", path=str(path), findings=str(error).splitlines())
        notify("READY=1")


async def _narrate(engine: Engine) -> None:
    """Every event into the log."""
    async for news in engine.watch():
        if not isinstance(news, Progress):
            told = tell(news)
            log.info(told["message"], kind=told["kind"], seq=news.seq, change=told["change"] or None)


async def _halt_when_alone(engine: Engine) -> None:
    """A pipe whose other end is closed tells of any death, also of one that says nothing."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass
    log.warning("whoever started this engine is gone: stopping now", unresolved=sorted(engine.activity))
    engine.halt()


async def _halt_when_idle(engine: Engine, server: ApiServer) -> None:
    idle_s = 0.0
    while idle_s < IDLE_S:
        await asyncio.sleep(1.0)
        busy = server.watchers or engine.snapshot.state.unfinished() or engine.activity
        idle_s = 0.0 if busy else idle_s + 1.0
    log.info("nobody is connected and nothing is unfinished")
    engine.drain()


def _set_up_logging(log_format: str) -> None:
    """Log lines go to stderr, as JSON or for people. Tracebacks come without the values of
    variables: a configuration among them may hold secrets."""
    readable = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty() and "NO_COLOR" not in os.environ,
        exception_formatter=structlog.dev.plain_traceback,
    )
    tracebacks = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([tracebacks] if log_format == "json" else []),
            structlog.processors.JSONRenderer() if log_format == "json" else readable,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
