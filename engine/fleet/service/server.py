"""A service of the sample organization: a real HTTP server that reports its version.

It is not imported but run, as ``python -I -S server.py RELEASE --listen ADDRESS:PORT``, 81 times
over in a demo: hence only built-in modules (no socket, no http.server), one thread, one request
a connection. RELEASE holds ``VERSION`` and ``switches``, lines of ``key=value`` that make a
version slow, failing, flapping or crashing.
"""

import _signal  # type: ignore[import-not-found]  # built in; signal itself would load enum and re
import _socket
import posix
import sys
import time

REQUEST_LIMIT = 8192
CLIENT_TIMEOUT_S = 2.0


def say(text: str) -> None:
    """Write one log line to stdout, stamped in UTC."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    posix.write(1, f"{stamp} {text}\n".encode())


def read(path: str) -> str:
    """The text of a file, "" if there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


class Service:
    """The state of the one service of this process."""

    def __init__(self, release: str) -> None:
        self.version = read(f"{release}/VERSION").strip()
        self.name = read(f"{release}/NAME").strip()
        lines = [line.partition("=") for line in read(f"{release}/switches").splitlines()]
        self.switches = {key: value for key, _, value in lines}
        self.why = self.switches.get("why", "no reason given")
        self.started = time.monotonic()
        self.was_healthy = True

    def seconds(self, key: str) -> float:
        """A switch as seconds, 0 if it is not set."""
        return float(self.switches.get(key, "0"))

    def is_healthy(self) -> bool:
        """The verdict of this moment, as the switches want it; a change of it is logged."""
        healthy = self.switches.get("health") != "failing"
        if self.switches.get("health") == "flapping":
            healthy = int((time.monotonic() - self.started) / self.seconds("flap_s")) % 2 == 0
        if healthy != self.was_healthy:
            say("healthy again" if healthy else f"ERROR unhealthy: {self.why}")
            self.was_healthy = healthy
        return healthy

    def answer(self, path: str) -> tuple[str, str]:
        """Status line and body for one path."""
        if path == "/version":
            return "200 OK", self.version + "\n"
        if path == "/healthz":
            return ("200 OK", "ok\n") if self.is_healthy() else ("503 Service Unavailable", self.why + "\n")
        if path == "/":
            return "200 OK", f"{self.name} {self.version}, up {time.monotonic() - self.started:.0f} s\n"
        return "404 Not Found", "not found\n"


def request_path(client: _socket.socket) -> str:
    """The path of the one request on a connection, "" if it is none."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < REQUEST_LIMIT:
        more = client.recv(REQUEST_LIMIT)
        if not more:
            break
        data += more
    words = data.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    return words[1] if len(words) == 3 and words[0] in ("GET", "HEAD") else ""


def serve_one(service: Service, fd: int) -> None:
    """Answer the one request of an accepted connection."""
    client = _socket.socket(fileno=fd)
    try:
        client.settimeout(CLIENT_TIMEOUT_S)
        status, body = service.answer(request_path(client))
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body.encode())}\r\n"
        client.sendall(f"{head}Connection: close\r\n\r\n{body}".encode())
    except OSError:
        pass  # the client went away; that is its business
    finally:
        client.close()


def stop(number: int, _frame: object) -> None:
    """Leave on SIGTERM, and say so: a log that just ends explains nothing."""
    say(f"stopping on signal {number}")
    raise SystemExit(0)


def main(release: str, listen: str) -> None:
    """Serve until told to stop, or until the version's switches end it."""
    _signal.signal(_signal.SIGTERM, stop)
    service = Service(release)
    say(f"{service.name} {service.version} starting, pid {posix.getpid()}")
    if service.seconds("start_s"):
        say(f"not ready for {service.seconds('start_s'):g} s: {service.why}")
        time.sleep(service.seconds("start_s"))
    address, _, port = listen.rpartition(":")
    server = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    server.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
    try:
        server.bind((address, int(port)))
    except OSError as error:
        say(f"ERROR cannot listen on {listen}: {error}")
        raise SystemExit(1) from None
    server.listen(16)
    say(f"listening on {listen}")
    life_s = service.seconds("crash_after_s")
    while True:
        if life_s:
            server.settimeout(max(0.01, service.started + life_s - time.monotonic()))
        try:
            fd, _ = server._accept()  # type: ignore[attr-defined]  # what socket.accept() is made of
        except TimeoutError:
            say(f"FATAL {service.why}")
            raise SystemExit(3) from None
        serve_one(service, fd)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[sys.argv.index("--listen") + 1])
