"""The program of a test's service: a small real HTTP server that reports its release, starts in a
few milliseconds, and answers its health check as a file says."""

from __future__ import annotations

SERVER = """
import _socket, sys
from posix import environ
address, port = sys.argv[1].split(":")
release = open("VERSION").read().strip()
listener = _socket.socket()
listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
listener.bind((address, int(port)))
listener.listen(16)
sys.stdout.write(f"serving {release}\\n")
sys.stdout.flush()
while True:
    number, _ = listener._accept()
    peer = _socket.socket(fileno=number)
    path = peer.recv(4096).split(b" ")[1]
    status, body = 200, release
    if path == b"/json":
        body = '{"built": {"version": "0"}, "version": "%s"}' % release
    if path == b"/healthz":
        try:
            status = int(open(environ[b"SWITCHES"].decode() + f"/{release}.status").read())
        except OSError:
            pass
    head = f"HTTP/1.0 {status} Said\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n"
    peer.send((head + body).encode())
    peer.close()
"""
