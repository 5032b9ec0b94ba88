"""Boxes for the tests of the host script: under each shell it must run in, and under dash."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drivers.box import Box, have

SHELLS = ("dash", "bash", "busybox")


def busybox_path(folder: Path) -> str:
    """A PATH of busybox's tools; flock is util-linux's, which Debian's busybox lacks."""
    import subprocess

    busybox, tools = have("busybox"), folder / "bin"
    tools.mkdir()
    for name in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
        os.symlink(busybox, tools / name)
    if not (tools / "flock").exists():
        os.symlink(have("flock"), tools / "flock")
    return str(tools)


@pytest.fixture(params=SHELLS)
def any_box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Box]:
    """A host, once under each shell; busybox brings its own tools."""
    shell = request.param
    words = (have("busybox"), "sh") if shell == "busybox" else (have(shell),)
    path = busybox_path(tmp_path) if shell == "busybox" else os.environ["PATH"]
    with Box(tmp_path, words, path) as box:
        yield box


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A host under dash."""
    with Box(tmp_path, (have("dash"),)) as box:
        yield box


@pytest.fixture
def port() -> int:
    """A port that is free just now, below the range from which connections take theirs."""
    for number in range(21000 + os.getpid() % 500 * 20, 32000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                continue
            return number
    pytest.fail("no free port")
