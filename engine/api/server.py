"""HTTP over the engine's Unix socket: the application, and the server that carries it.

It runs on the engine's own event loop. The signals stay the engine's: uvicorn would take
SIGTERM for itself, and wait for every open watch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from types import TracebackType

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.api import asking, auditing, chronicle, deciding, forecasts, insight, problems, reading, sending, upkeep
from engine.api.boards import Boards
from engine.api.entrance import Entrance
from engine.api.listener import Listener, open_listener
from engine.api.metrics import CONTENT_TYPE, Metrics
from engine.api.peer import PeerProtocol
from engine.api.port import Port
from engine.api.protocol import Problem
from engine.api.settled import Settled
from engine.api.watching import QUEUE_LIMIT
from engine.errors import InterlockError

MAX_BODY_BYTES = 1_000_000
GRACE_S = 2
API_VERSION = "1"


class _BodyLimit:
    """Refuses bodies that no request of this interface needs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BODY_BYTES:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is larger than 1 MB.")
            return message

        await self.app(scope, limited if scope["type"] == "http" else receive, send)


def create_app(port: Port, metrics: Metrics | None = None, *, watch_limit: int = QUEUE_LIMIT) -> FastAPI:
    """The application over one engine. ``watch_limit``: lines a watcher may leave unread."""
    app = FastAPI(
        title="Interlock engine",
        version=API_VERSION,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(Entrance())],
        responses={f"4{n:02}": {"model": Problem} for n in (0, 3, 4, 9, 13, 22)},
    )
    app.state.port = port
    app.state.moment = None
    app.state.settled = Settled()
    app.state.boards = Boards(app.state.settled)
    app.state.stopping = asyncio.Event()
    app.state.watch_limit = watch_limit
    told = metrics or Metrics(port)

    @app.get("/metrics", tags=["look"], response_class=PlainTextResponse)
    async def numbers(request: Request) -> Response:
        """The engine's numbers in Prometheus' text format."""
        return Response(told.text(), media_type=CONTENT_TYPE)

    app.include_router(reading.router)
    app.include_router(auditing.router)
    app.include_router(chronicle.router)
    app.include_router(asking.router)
    app.include_router(sending.router)
    app.include_router(deciding.router)
    app.include_router(upkeep.router)
    app.include_router(forecasts.router)
    app.include_router(insight.router)
    app.add_middleware(_BodyLimit)
    problems.install(app)
    return app


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


class ApiServer:
    """The engine's socket and the server behind it, from ``start`` to ``stop``."""

    def __init__(
        self, port: Port, path: Path, metrics: Metrics | None = None, *, watch_limit: int = QUEUE_LIMIT
    ) -> None:
        self.path = path
        self.app = create_app(port, metrics, watch_limit=watch_limit)
        config = uvicorn.Config(
            self.app,
            http=PeerProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = _Uvicorn(config)
        self._listener: Listener | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def watchers(self) -> int:
        """How many connections are open now: consoles hold one each."""
        return len(self._server.server_state.connections)

    async def start(self) -> None:
        """Make the socket and answer on it. Raises InterlockError if the place is taken."""
        self._listener = open_listener(self.path)
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._listener.socket]), name="api")
        while not self._server.started:
            if self._serving.done():
                self._listener.close()
                raise InterlockError(
                    f"The server on {self.path} did not start; what was done before is kept."
                ) from self._serving.exception()
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """End the watches, answer what was asked, and remove the socket."""
        if self._serving is None or self._listener is None:
            return
        self.app.state.stopping.set()
        self._server.should_exit = True
        with suppress(asyncio.CancelledError):
            await self._serving
        self._listener.close()
        self._serving = None

    async def __aenter__(self) -> ApiServer:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self.stop()
