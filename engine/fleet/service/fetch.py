"""What stands in for curl on embedded hosts whose machine has neither curl nor wget: one GET
over plain http, called the way the host script calls curl (``-q -sSf --noproxy '*' --max-time
SECONDS -- URL``). Run as ``python -I -S``, with built-in modules only, because health checks
call it all the time.
"""

import _socket
import posix
import sys
import time

FAILED_STATUS = 22  # curl's exit statuses for these
CANNOT_CONNECT = 7
TIMED_OUT = 28
MALFORMED = 3


def fail(status: int, sentence: str) -> None:
    """Say what went wrong and end."""
    posix.write(2, f"curl: ({status}) {sentence}\n".encode())
    raise SystemExit(status)


def get(address: str, port: int, path: str, timeout_s: float) -> bytes:
    """The whole response to one GET."""
    deadline = time.monotonic() + timeout_s
    family, kind, protocol, _, place = _socket.getaddrinfo(address, port, 0, _socket.SOCK_STREAM)[0]
    client = _socket.socket(family, kind, protocol)
    client.settimeout(timeout_s)
    client.connect(place)
    client.sendall(f"GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
    data = b""
    while True:
        client.settimeout(max(0.001, deadline - time.monotonic()))
        more = client.recv(65536)
        if not more:
            return data
        data += more


def main(arguments: list[str]) -> None:
    """Print the body, or fail as ``curl -f`` does."""
    url = arguments[-1]
    timeout_s = float(arguments[arguments.index("--max-time") + 1]) if "--max-time" in arguments else 10.0
    if not url.startswith("http://"):
        fail(MALFORMED, f"only http:// addresses can be asked here, not {url}")
    place, _, path = url[len("http://") :].partition("/")
    address, _, port = place.partition(":")
    try:
        head, _, body = get(address, int(port or "80"), "/" + path, timeout_s).partition(b"\r\n\r\n")
    except TimeoutError:
        fail(TIMED_OUT, f"Operation timed out after {timeout_s * 1000:.0f} milliseconds")
    except (OSError, ValueError) as error:
        fail(CANNOT_CONNECT, f"Failed to connect to {place}: {error}")
    status = head.split(b" ")[1:2]
    if not status or not status[0].startswith((b"2", b"3")):
        fail(FAILED_STATUS, f"The requested URL returned error: {(status or [b'none'])[0].decode('latin-1')}")
    posix.write(1, body)


if __name__ == "__main__":
    main(sys.argv[1:])
