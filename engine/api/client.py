"""How the command line and the console speak to the engine: HTTP over its Unix socket.

The standard library's http.client is used because it loads in a fraction of the time that
an HTTP library takes, and every command pays for it. A client holds no connection: each call
opens its own, so one client may be used from several threads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, BinaryIO, TypeVar, cast
from urllib.parse import quote, urlencode

from engine.api.connection import Params, Stream, UnixConnection, decoded, error_of, no_engine, unreachable
from engine.api.protocol import (
    Accepted,
    AccuracyView,
    ArtifactView,
    AuditView,
    Board,
    CalendarView,
    ChangeView,
    DeployRequest,
    DoraView,
    EngineView,
    FindingView,
    ForecastsView,
    GraphView,
    HeadView,
    HostView,
    LetLooseView,
    LogView,
    OverrideRequest,
    PlanView,
    ReplayView,
    RollbackRequest,
    StatusRow,
    TouchView,
    WatchEvent,
    WhyView,
)
from engine.api.shape import misfit

__all__ = ["Client", "Stream"]

T = TypeVar("T")


class Client:
    """One engine, by the path of its socket. Every method raises EngineUnreachable if none
    answers there, UsageError for what makes no sense and RequestRefused for what is not
    possible now."""

    def __init__(self, address: str, timeout_s: float | None = 30.0) -> None:
        self.address = address
        self.timeout_s = timeout_s

    def get(self, path: str, params: Params | None = None) -> Any:
        """The decoded answer to GET ``path`` (which starts with /v1/)."""
        return self._call("GET", path, params, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The decoded answer to POST ``path`` with ``body`` as JSON."""
        return self._call("POST", path, None, body)

    def stream(self, path: str, params: Params | None = None) -> Stream:
        """The NDJSON stream at ``path``; it is subscribed when this returns."""
        connection = UnixConnection(self.address, self.timeout_s)
        response = self._exchange(connection, "GET", path, params, None)
        if response.status != 200:
            body = response.read()
            connection.close()
            raise error_of(response.status, body, self.address)
        stream = Stream(connection, response)
        stream.set_timeout(None)
        return stream

    def engine(self) -> EngineView:
        """The engine's own state, and who we are to it."""
        return self._fit(EngineView, self.get("/v1/engine"))

    def board(self, at: str = "") -> Board:
        """Everything that the screens draw; ``at`` (an event's number or a time): as it was."""
        return self._fit(Board, self.get("/v1/board", {"at": at or None}))

    def calendar(self, begin: str = "", end: str = "", environment: str = "") -> CalendarView:
        """When windows and freezes shut between two times."""
        params = {"begin": begin or None, "end": end or None, "environment": environment or None}
        return self._fit(CalendarView, self.get("/v1/calendar", params))

    def dora(self, environment: str = "", days: float = 30.0) -> DoraView:
        """The four DORA figures."""
        return self._fit(DoraView, self.get("/v1/dora", {"environment": environment or None, "days": str(days)}))

    def findings(self) -> list[FindingView]:
        """What `check` finds in the inventory that the engine uses."""
        return self._fit(list[FindingView], self.get("/v1/findings"))

    def graph(self) -> GraphView:
        """The services and their needs; it changes only when the inventory is reloaded."""
        return self._fit(GraphView, self.get("/v1/graph"))

    def status(self, subject: str = "", environment: str = "") -> list[StatusRow]:
        """Every instance, or those of ``subject`` (SERVICE or SERVICE@ENV) or environment."""
        params = {"subject": subject or None, "environment": environment or None}
        return self._fit(list[StatusRow], self.get("/v1/status", params))

    def changes(self) -> list[ChangeView]:
        """The queue, then the latest finished changes, newest first."""
        return self._fit(list[ChangeView], self.get("/v1/changes"))

    def change(self, change: str) -> ChangeView:
        """One change."""
        return self._fit(ChangeView, self.get(f"/v1/changes/{quote(change, safe='')}"))

    def logs(self, change: str, host: str = "") -> list[LogView]:
        """What the services and steps of a change wrote, by placement."""
        return self._fit(list[LogView], self.get(f"/v1/changes/{quote(change, safe='')}/logs", {"host": host or None}))

    def plan(self, request: DeployRequest, *, times: bool = False) -> PlanView:
        """What would happen; nothing is changed. With ``times`` also when, which takes longer."""
        return self._fit(PlanView, self.post("/v1/plan?times=true" if times else "/v1/plan", request))

    def forecast(self) -> ForecastsView:
        """What of the queue starts and ends when."""
        return self._fit(ForecastsView, self.get("/v1/forecast"))

    def accuracy(self) -> AccuracyView:
        """How good forecasts have been."""
        return self._fit(AccuracyView, self.get("/v1/forecast/accuracy"))

    def deploy(self, request: DeployRequest) -> Accepted:
        """Queue one change."""
        return self._fit(Accepted, self.post("/v1/changes", request))

    def apply(self, request: DeployRequest) -> Accepted:
        """Queue one change with what differs from what is desired, or nothing."""
        return self._fit(Accepted, self.post("/v1/apply", request))

    def export(self) -> dict[str, dict[str, str]]:
        """The desired version of every instance, by environment and service."""
        return self._fit(dict[str, dict[str, str]], self.get("/v1/export"))

    def plan_rollback(self, request: RollbackRequest) -> PlanView:
        """What a rollback would do; nothing is changed."""
        return self._fit(PlanView, self.post("/v1/rollback/plan", request))

    def rollback(self, request: RollbackRequest) -> Accepted:
        """Queue the way back."""
        return self._fit(Accepted, self.post("/v1/rollback", request))

    def act(self, verb: str, subject: str) -> Accepted:
        """``pause``, ``resume``, ``cancel``, ``hold``, ``release`` or ``promote`` a change, an
        instance (not the last), or (the first two) "" for the engine."""
        return self._fit(Accepted, self.post(f"/v1/{verb}", {"subject": subject}))

    def decide(self, verb: str, body: Mapping[str, Any]) -> Accepted:
        """``approve``, ``reject``, ``abort``, ``retry``, ``expedite``, ``override``, ``clear-bad``, ``hook``,
        and the verbs of maintenance: ``cordon``, ``drain``, ..., ``restart``, ``remove``."""
        return self._fit(Accepted, self.post(f"/v1/{verb}", body))

    def plan_override(self, request: OverrideRequest) -> LetLooseView:
        """What an override would let loose; nothing is changed."""
        return self._fit(LetLooseView, self.post("/v1/override/plan", request))

    def touch(self, verb: str, subject: str) -> TouchView:
        """What ``drain``, ``retire``, ``restart``, ... of a subject would touch; nothing is changed."""
        return self._fit(TouchView, self.post("/v1/touch", {"verb": verb, "subject": subject}))

    def why(self, subject: str) -> WhyView:
        """What holds a change, SERVICE or SERVICE@ENV."""
        return self._fit(WhyView, self.get(f"/v1/why/{quote(subject, safe='')}"))

    def hosts(self) -> list[HostView]:
        """Every host."""
        return self._fit(list[HostView], self.get("/v1/hosts"))

    def probe(self, hosts: list[str]) -> list[HostView]:
        """Look at these hosts now (all if none is named), and tell what was seen."""
        return self._fit(list[HostView], self.post("/v1/probe", {"hosts": hosts}))

    def history(
        self, change: str = "", limit: int = 100, before: int = 0, wanted: Mapping[str, str] | None = None
    ) -> list[WatchEvent]:
        """The latest events of the journal (before one, if its number is given), oldest first. ``wanted``:
        service, environment, team, by, kind, since, until, as the route takes them."""
        params = {"change": change or None, "limit": limit, "before": before or None}
        params |= {name: value or None for name, value in (wanted or {}).items()}
        return self._fit(list[WatchEvent], self.get("/v1/history", params))

    def audit(self, after: int = 0, limit: int = 1000) -> list[AuditView]:
        """The events past ``after`` as they are kept, with their hashes."""
        return self._fit(list[AuditView], self.get("/v1/audit", {"after": after, "limit": limit}))

    def audit_head(self) -> HeadView:
        """Where the chain of the journal ends."""
        return self._fit(HeadView, self.get("/v1/audit/head"))

    def replay(self, seq: int) -> ReplayView:
        """The decision that an event is, made again."""
        return cast(ReplayView, self.get(f"/v1/audit/replay/{seq}"))

    def save_journal(self, file: BinaryIO) -> int:
        """Write a copy of the whole journal into ``file``; returns its size in bytes."""
        return self._save("/v1/audit/journal", file)

    def watch(self, change: str = "", after: int | None = None) -> Stream:
        """Events as they happen; with ``after``, first those the journal holds past it."""
        return self.stream("/v1/watch", {"change": change or None, "after": after})

    def send_artifact(self, where: ArtifactView, kind: str, environment: str, file: BinaryIO, signature: str) -> None:
        """Have the engine keep ``file`` (at its beginning) as the artifact of a version; ``signature``
        is base64, "" for none."""
        params = urlencode({"sha256": where["sha256"], "kind": kind, "environment": environment})
        path = f"/v1/artifacts/{quote(where['service'], safe='')}/{quote(where['version'], safe='')}?{params}"
        connection = UnixConnection(self.address, None)
        headers = {"Content-Type": "application/octet-stream"}
        headers |= {"X-Interlock-Signature": signature} if signature else {}
        try:
            connection.request("PUT", path, file, headers, encode_chunked=True)
            response = connection.getresponse()
            data = response.read()
        except (OSError, HTTPException) as error:
            raise unreachable(self.address, error) from error
        finally:
            connection.close()
        if response.status != 200:
            raise error_of(response.status, data, self.address)

    def _fit(self, kind: type[T], answer: Any) -> T:
        """The answer, if it has that shape. Raises EngineUnreachable: an engine of another version, or none."""
        if wrong := misfit(answer, kind):
            raise no_engine(self.address, f"{getattr(kind, '__name__', 'answer')}{wrong}")
        return cast(T, answer)

    def _save(self, path: str, file: BinaryIO) -> int:
        connection = UnixConnection(self.address, self.timeout_s)
        try:
            response = self._exchange(connection, "GET", path, None, None)
            if response.status != 200:
                raise error_of(response.status, response.read(), self.address)
            size = 0
            while chunk := response.read(1 << 20):
                size += file.write(chunk)
            return size
        except (OSError, HTTPException) as error:
            raise unreachable(self.address, error) from error
        finally:
            connection.close()

    def _call(self, method: str, path: str, params: Params | None, body: Mapping[str, Any] | None) -> Any:
        connection = UnixConnection(self.address, self.timeout_s)
        try:
            response = self._exchange(connection, method, path, params, body)
            data = response.read()
        except (OSError, HTTPException) as error:
            raise unreachable(self.address, error) from error
        finally:
            connection.close()
        if response.status != 200:
            raise error_of(response.status, data, self.address)
        return decoded(data, self.address)

    def _exchange(
        self, connection: HTTPConnection, method: str, path: str, params: Params | None, body: Mapping[str, Any] | None
    ) -> HTTPResponse:
        given = {key: str(value) for key, value in (params or {}).items() if value is not None}
        target = f"{path}?{urlencode(given)}" if given else path
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            connection.request(method, target, json.dumps(body) if body is not None else None, headers)
            return connection.getresponse()
        except (OSError, HTTPException) as error:
            connection.close()
            raise unreachable(self.address, error) from error
