"""``python -m tests.load.crowd ADDRESS``: clients of an engine in a process of their own, so that what they cost is
not what is measured. It is told what to do by a line of JSON on its standard input (see ``Crowd``) and answers each
with one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.load.watchers import Reader, Tally, asked, deaf, steadily

Requests = list[tuple[str, dict[str, object] | None]]


class Crowd:
    """Such a process, from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def _do(self, **order: Any) -> Any:
        given, told = self._process.stdin, self._process.stdout
        assert given is not None
        assert told is not None
        given.write(json.dumps(order) + "\n")
        given.flush()
        return json.loads(told.readline())

    def watch(self, readers: int) -> None:
        """So many who read the stream, and one who never does."""
        self._do(do="watch", readers=readers)

    def seen(self) -> list[tuple[int, int, int]]:
        """Of each who reads: the first event, the last one, and how many there were."""
        return [tuple(each) for each in self._do(do="seen")]

    def steadily(self, per_s: float, seconds: float, requests: Requests) -> Tally:
        """As ``watchers.steadily``."""
        return Tally(**self._do(do="steadily", per_s=per_s, seconds=seconds, requests=requests))

    def at_once(self, threads: int, requests: Requests) -> Tally:
        """All of these, by so many at the same time, each as soon as the one before is answered."""
        return Tally(**self._do(do="at once", threads=threads, requests=requests))


@contextmanager
def crowd(address: str) -> Iterator[Crowd]:
    """A process of clients."""
    command = [sys.executable, "-m", "tests.load.crowd", address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Crowd(process)
        finally:
            process.kill()


def _at_once(address: str, requests: Requests, threads: int) -> Tally:
    tally = Tally()

    def work(first: int) -> None:
        for path, body in requests[first::threads]:
            asked(address, path, body, tally)

    working = [threading.Thread(target=work, args=(at,)) for at in range(threads)]
    for thread in working:
        thread.start()
    for thread in working:
        thread.join()
    return tally


def main(address: str) -> None:
    """Do as told."""
    silent, readers = [], list[Reader]()
    for line in sys.stdin:
        order = json.loads(line)
        told: Any = None
        if order["do"] == "watch":
            silent.append(deaf(address))
            readers += [Reader(address) for _ in range(order["readers"])]
        elif order["do"] == "seen":
            told = [(each.seen[0], each.seen[-1], len(each.seen)) if each.seen else (0, 0, 0) for each in readers]
        elif order["do"] == "steadily":
            told = vars(steadily(address, order["per_s"], order["seconds"], order["requests"]))
        else:
            told = vars(_at_once(address, order["requests"], order["threads"]))
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
