"""The change stream: complete, in order, filtered; and nobody's slowness is another's."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from engine.api.client import Client
from engine.errors import EngineUnreachable
from engine.model import event as ev
from tests.api.served import Served, served


def test_events_come_in_order_from_the_moment_of_the_call(engine: Served, client: Client) -> None:
    with client.watch() as stream:
        client.deploy({"environment": "prod", "services": {"ledger": "1.1.0"}})
        events = []
        for event in stream:
            events.append(event)
            if event["kind"] == "change-status" and "succeeded" in event["message"]:
                break
    assert events[0]["kind"] == "change-accepted"
    assert [event["seq"] for event in events] == list(range(events[0]["seq"], events[-1]["seq"] + 1))
    kept = client.history(limit=1000)
    assert kept[-len(events) :] == events


def test_after_replays_the_journal_without_a_gap_or_a_double(engine: Served, client: Client) -> None:
    seen = client.history()
    with client.watch(after=3) as stream:
        engine.do(lambda: engine.engine.happen(ev.EnginePaused("ana")))
        numbers = []
        for event in stream:
            numbers.append(event["seq"])
            if event["kind"] == "engine-paused":
                break
    assert numbers == list(range(4, len(seen) + 2))


def test_filters(engine: Served, client: Client) -> None:
    engine.do(lambda: setattr(engine.engine, "rolling", False))
    client.deploy({"environment": "prod", "services": {"ledger": "1.1.0"}})
    with client.stream("/v1/watch", {"change": "1", "kind": "change-paused,change-resumed"}) as stream:
        client.act("pause", "")
        client.act("pause", "1")
        client.act("resume", "1")
        events = iter(stream)
        assert [next(events)["kind"], next(events)["kind"]] == ["change-paused", "change-resumed"]


def test_close_from_another_thread_ends_the_iteration(engine: Served, client: Client) -> None:
    stream = client.watch()
    threading.Timer(0.2, stream.close).start()
    assert list(stream) == []


def test_a_watcher_that_never_reads_is_cut_and_the_others_are_not(tmp_path: Path) -> None:
    with served(tmp_path / "engine.sock", rolling=False, watch_limit=200) as engine:
        client = Client(engine.address, 10.0)
        descriptors = len(os.listdir("/proc/self/fd"))
        deaf = socket.socket(socket.AF_UNIX)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(engine.address)
        deaf.sendall(b"GET /v1/watch HTTP/1.1\r\nhost: engine\r\n\r\n")
        with client.watch() as stream:
            seen: list[int] = []
            reader = threading.Thread(target=lambda: seen.extend(event["seq"] for event in stream))
            reader.start()
            _settle(engine, 2)
            # More than the socket's and the transport's buffers hold, and then the limit.
            for _ in range(40):
                engine.do(lambda: engine.engine.happen(*[ev.EnginePaused("x" * 400)] * 50))
                if engine.server.watchers < 2:
                    break
            _settle(engine, 1)
            last = len(engine.engine.store.events)
            deadline = time.monotonic() + 10
            while (not seen or seen[-1] < last) and time.monotonic() < deadline:
                time.sleep(0.01)
            assert seen[-1] == last
            assert seen == list(range(seen[0], last + 1))
            stream.close()
            reader.join(5)
        deaf.close()
        _settle(engine, 0)
        assert len(os.listdir("/proc/self/fd")) <= descriptors


def _settle(engine: Served, watchers: int) -> None:
    deadline = time.monotonic() + 10
    while engine.server.watchers != watchers and time.monotonic() < deadline:
        time.sleep(0.01)
    assert engine.server.watchers == watchers


def test_stopping_does_not_wait_for_open_watches(tmp_path: Path) -> None:
    with served(tmp_path / "engine.sock") as engine:
        stream = Client(engine.address).watch()
        began = time.monotonic()
    assert time.monotonic() - began < 1.5
    assert list(stream) == []
    with pytest.raises(EngineUnreachable):
        Client(engine.address).engine()


def test_a_client_notices_an_engine_that_dies(tmp_path: Path) -> None:
    path = tmp_path / "half.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def half_an_answer() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            line = b'{"seq": 1, "at": "", "kind": "", "change": "", "subject": "", "message": ""}\n'
            head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            connection.sendall(b"%s%x\r\n%s" % (head, len(line) + 1, line))
            connection.close()

        thread = threading.Thread(target=half_an_answer)
        thread.start()
        with Client(str(path)).watch() as stream, pytest.raises(EngineUnreachable, match="went away"):
            list(stream)
        thread.join()
