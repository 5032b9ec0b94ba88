"""The service that tests deploy to lab hosts: an HTTP server that reports its release's version.

It is never imported here but packed into artifacts and run there. The file ``behaviour``
beside it makes a version ``failing`` (503 to every health check), ``crashing`` (ends at once),
``flapping`` (well and sick for a second each), ``dying`` (ends after four seconds), ``slow`` (listens after
two) or ``squatting`` (wants the port of somebody else).
"""

from __future__ import annotations

import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

RELEASE = Path(__file__).resolve().parent
VERSION = (RELEASE / "VERSION").read_text().strip()
BEHAVIOUR = (RELEASE / "behaviour").read_text().strip()


class Handler(BaseHTTPRequestHandler):
    """Answers /version and, for anything else, how it is."""

    def do_GET(self) -> None:
        """One request."""
        sick = BEHAVIOUR == "failing" or (BEHAVIOUR == "flapping" and time.monotonic() % 2 < 1)
        failing = sick and self.path != "/version"
        body = (VERSION if self.path == "/version" else "sick" if failing else "well").encode()
        self.send_response(503 if failing else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    print(f"version {VERSION} starts", file=sys.stderr, flush=True)
    if BEHAVIOUR == "crashing":
        sys.exit("cannot go on")
    if BEHAVIOUR == "dying":
        threading.Timer(4, os._exit, (3,)).start()
    if BEHAVIOUR == "slow":
        time.sleep(2)
    port = 22 if BEHAVIOUR == "squatting" else int(sys.argv[1])
    ThreadingHTTPServer(("0.0.0.0", port), Handler).serve_forever()
