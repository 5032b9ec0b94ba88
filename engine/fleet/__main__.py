"""``python -m engine.fleet --dir DIR``: the process that holds the embedded hosts of a folder.

It prints one line of JSON when every host is up and every service is started, serves until
SIGTERM, and leaves nothing running. With ``--attached`` it also obeys lines of JSON on its
standard input (faults), answers each with one, and stops when that input ends: whoever started
it is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from engine.errors import InterlockError
from engine.fleet.fleet import AddressTaken, Fleet
from engine.fleet.layout import Folders
from engine.fleet.process import EXIT_ADDRESS_TAKEN


async def serve(root: Path, attached: bool) -> int:
    """Run the fleet until it is told to stop; the process's exit status."""
    fleet = Fleet(Folders(root))
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    starting = asyncio.create_task(fleet.start())
    ending = asyncio.create_task(ended.wait())
    obeying = asyncio.create_task(obey(fleet, starting, ended)) if attached else None
    await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if starting.done():
            await starting
            say({"ready": True, "pid": os.getpid(), "hosts": dict(fleet.layout.hosts)})
            await ending
    finally:
        for task in filter(None, (starting, ending, obeying)):
            task.cancel()
        await fleet.stop()
    return 0


async def obey(fleet: Fleet, starting: asyncio.Task[None], ended: asyncio.Event) -> None:
    """Carry out the faults that come in as ``{"do": FAULT, "host": NAME}``, one a line."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await asyncio.wait({starting})
        try:
            request = json.loads(line)
            await fleet.inflict(str(request["do"]), str(request["host"]))
            say({"done": request["do"], "host": request["host"]})
        except (InterlockError, OSError, ValueError, KeyError, TypeError) as error:
            say({"error": str(error)})
    ended.set()


def say(message: dict[str, object]) -> None:
    """One line of JSON on stdout."""
    print(json.dumps(message), flush=True)


def main() -> int:
    """Parse the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m engine.fleet", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="a folder made by engine.fleet.demo.prepare")
    parser.add_argument("--attached", action="store_true", help="obey stdin, and stop when it ends")
    arguments = parser.parse_args()
    try:
        return asyncio.run(serve(arguments.dir.resolve(), arguments.attached))
    except AddressTaken as error:
        print(error, file=sys.stderr)
        return EXIT_ADDRESS_TAKEN
    except (InterlockError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
