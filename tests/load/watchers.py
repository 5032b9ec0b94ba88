"""Consoles and scripts as an engine under load has them: who reads, who never does, and who asks, each counted."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass, field

from engine.api.client import Client
from engine.api.connection import Stream
from engine.errors import InterlockError


class Reader:
    """Reads the change stream to its end; ``seen`` are the numbers of the events it got, in its order."""

    def __init__(self, address: str) -> None:
        self.seen: list[int] = []
        self.stream: Stream = Client(address, 30.0).watch()
        self.cut = ""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for event in self.stream:
                if event["seq"]:
                    self.seen.append(event["seq"])
        except InterlockError as error:
            self.cut = str(error)

    def close(self) -> None:
        """Stop reading."""
        self.stream.close()
        self._thread.join(10)


def deaf(address: str) -> socket.socket:
    """A watcher that never reads."""
    made = socket.socket(socket.AF_UNIX)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(address)
    made.sendall(b"GET /v1/watch HTTP/1.1\r\nhost: engine\r\n\r\n")
    return made


@dataclass
class Tally:
    """What became of requests: how long each took in seconds, and what was refused or went wrong."""

    took_s: list[float] = field(default_factory=list)
    accepted: int = 0
    refused: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def quantile_ms(self, part: float) -> float:
        """So many milliseconds at most for this part of the requests."""
        ordered = sorted(self.took_s)
        return round(1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))], 1) if ordered else 0.0


def asked(address: str, path: str, body: dict[str, object] | None, tally: Tally) -> None:
    """One request as a command makes it, over a connection of its own."""
    client, began = Client(address, 30.0), time.perf_counter()
    try:
        if body is None:
            client.get(path)
        else:
            client.post(path, body)
        tally.accepted += 1
    except InterlockError as error:
        (tally.wrong if type(error) is InterlockError or error.exit_code == 3 else tally.refused).append(str(error))
    tally.took_s.append(time.perf_counter() - began)


def steadily(address: str, per_s: float, seconds: float, requests: list[tuple[str, dict[str, object] | None]]) -> Tally:
    """So many requests a second, on a fixed timetable (one that is late delays no other), round and round."""
    tally, began = Tally(), time.perf_counter()
    turn = threading.Lock()
    numbers = iter(range(int(per_s * seconds)))

    def work() -> None:
        while True:
            with turn:
                number = next(numbers, None)
            if number is None:
                return
            time.sleep(max(0.0, began + number / per_s - time.perf_counter()))
            path, body = requests[number % len(requests)]
            asked(address, path, body, tally)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally
