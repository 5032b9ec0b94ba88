"""Executables that print an inventory (``--list``): run without a shell, for a bounded time and
amount of output, in a session of their own that ends with them."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.inventory.ansible.gathered import Gathered
from engine.inventory.ansible.tree import META, read_tree, scalars
from engine.inventory.faults import Faults, bare, quote
from engine.inventory.node import Entry, Listing, Node, Scalar, Table
from engine.model.inventory import Position

TIMEOUT_S = 30.0
MAX_BYTES = 16 * 1024 * 1024
MAX_SHOWN = 200


class _Failed(Exception):
    """Why there is nothing to read, as a phrase."""


def is_program(path: Path) -> bool:
    """Whether Ansible would run this file: executable, and a program or a script."""
    try:
        if not os.access(path, os.X_OK) or not path.is_file():
            return False
        with open(path, "rb") as stream:
            return stream.read(4).startswith((b"#!", b"\x7fELF"))
    except OSError:
        return False


def read_program(path: Path, asked: Position, gathered: Gathered, faults: Faults) -> None:
    """Run ``path --list`` and add what it prints; where that holds no ``_meta``, ask for each
    host's variables with ``--host``. What goes wrong is a fault at ``asked``."""
    until_s = time.monotonic() + TIMEOUT_S
    file = str(path)
    try:
        root = _node(_run(path, ("--list",), until_s), file)
        read_tree(root, gathered, faults)
        if isinstance(root, Table) and META not in root.entries:
            for name, machine in gathered.machines.items():
                if machine.at.file == file:
                    machine.variables.update(scalars(_node(_run(path, ("--host", name), until_s), file)))
    except _Failed as failure:
        faults.add(asked, "ansible", f"{bare(file)}: {failure}; nothing of it was taken")


def _run(path: Path, arguments: tuple[str, ...], until_s: float) -> Any:
    command = (os.path.abspath(path), *arguments)
    called = f"{path.name} {quote(' '.join(arguments))[1:-1]}"
    try:
        process = subprocess.Popen(  # noqa: S603 - the inventory names it, and no shell sees it
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=os.path.dirname(command[0]),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise _Failed(f"cannot be run: {getattr(error, 'strerror', None) or error}") from error
    with process:
        try:
            out, err = _output(process, called, until_s)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        said = quote(err.decode(errors="replace").strip()[-MAX_SHOWN:])
        raise _Failed(f"{called} ended with status {process.returncode} and said {said}")
    try:
        return json.loads(out)
    except (ValueError, RecursionError) as error:
        raise _Failed(f"{called} printed no JSON") from error


def _output(process: subprocess.Popen[bytes], called: str, until_s: float) -> tuple[bytes, bytes]:
    """Both outputs, up to the end of the process or of patience."""
    assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018 - asked for above
    taken = {process.stdout: bytearray(), process.stderr: bytearray()}
    with selectors.DefaultSelector() as ready:
        for stream in taken:
            ready.register(stream, selectors.EVENT_READ)
        while ready.get_map():
            left_s = until_s - time.monotonic()
            events = ready.select(left_s) if left_s > 0 else []
            if not events:
                raise _Failed(f"{called} did not end within {TIMEOUT_S:.0f} s")
            for key, _ in events:
                data = os.read(key.fd, 65536)
                taken[key.fileobj] += data  # type: ignore[index] # one of the two registered
                if not data:
                    ready.unregister(key.fileobj)
            if sum(map(len, taken.values())) > MAX_BYTES:
                raise _Failed(f"{called} printed more than {MAX_BYTES:,} bytes")
    try:
        process.wait(max(0.1, until_s - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _Failed(f"{called} did not end within {TIMEOUT_S:.0f} s") from None
    return bytes(taken[process.stdout]), bytes(taken[process.stderr])


def _node(value: Any, file: str) -> Node:
    """JSON as nodes; they all stand on the file's first line, there being no better."""
    if isinstance(value, dict):
        return Table({str(key): Entry(file, 1, _node(each, file)) for key, each in value.items()}, file, 1)
    if isinstance(value, list):
        return Listing([_node(each, file) for each in value], file, 1)
    if isinstance(value, bool):
        return Scalar("true" if value else "false", file, 1)
    return Scalar("" if value is None else str(value), file, 1)
