"""Finding and ending the processes of an embedded host.

A service detaches itself (setsid, orphaned), so no process id that we started leads to it.
Two things do: every process of a host has the host's folder as HOME, which no other process
has; and the fleet is a *subreaper*, so that orphans become its children, not those of PID 1.
That also means that it must collect their exit statuses, or they would stay as zombies, which
look alive to ``kill -0``.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Container, Iterable
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
PROC = Path("/proc")


def become_subreaper() -> None:
    """Make orphaned descendants children of this process. Raises OSError if the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed")


def parents() -> dict[int, tuple[int, str]]:
    """Every process: pid -> (its parent's pid, its state letter)."""
    found: dict[int, tuple[int, str]] = {}
    for name in os.listdir(PROC):
        if name.isdigit():
            with contextlib.suppress(OSError):
                # After the command's name, which may hold spaces and brackets, comes ") S PPID".
                fields = (PROC / name / "stat").read_text(errors="replace").rpartition(")")[2].split()
                found[int(name)] = (int(fields[1]), fields[0])
    return found


def descendants(roots: Iterable[int], tree: dict[int, tuple[int, str]]) -> set[int]:
    """The processes below ``roots`` (which are not included), zombies too."""
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in tree.items():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        fresh = [pid for pid in children.get(waiting.pop(), ()) if pid not in found]
        found.update(fresh)
        waiting += fresh
    return found


def survey(tree: Iterable[int]) -> dict[int, str]:
    """The HOME of every process whose environment we may read and that has one."""
    key = b"HOME="
    found: dict[int, str] = {}
    for pid in tree:
        with contextlib.suppress(OSError):
            for entry in (PROC / str(pid) / "environ").read_bytes().split(b"\0"):
                if entry.startswith(key):
                    found[pid] = os.fsdecode(entry[len(key) :])
    return found


def living(homes: Container[str]) -> set[int]:
    """The processes of the hosts with these homes, with what they started, zombies left out."""
    tree = parents()
    found = {pid for pid, home in survey(tree).items() if home in homes}
    found |= descendants(found, tree)
    return {pid for pid in found if pid in tree and tree[pid][1] not in "ZX"} - {os.getpid()}


def end(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to each; those that are gone already are no error."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _lives(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def end_all(homes: Container[str], grace_s: float = 0.0) -> None:
    """End every process of the hosts with these homes: SIGTERM and ``grace_s`` seconds first if asked for,
    then SIGKILL until none is left (a process may fork while we look). Blocks meanwhile."""
    if grace_s:
        asked = living(homes)
        end(asked, signal.SIGTERM)
        deadline = time.monotonic() + grace_s
        while any(map(_lives, asked)) and time.monotonic() < deadline:  # looking at all of /proc costs more
            time.sleep(0.02)
    for _ in range(200):
        pids = living(homes)
        if not pids:
            return
        end(pids, signal.SIGKILL)
        time.sleep(0.01)


def reap(keep: Container[int]) -> None:
    """Collect the exit statuses of dead children, except those in ``keep``, which somebody
    else waits for."""
    for pid in _children():
        if pid not in keep:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _children() -> list[int]:
    """Our own children: from the kernel's list where it keeps one (CONFIG_PROC_CHILDREN)."""
    try:
        return [int(pid) for path in PROC.glob("self/task/*/children") for pid in path.read_text().split()]
    except OSError:
        return [pid for pid, (parent, _) in parents().items() if parent == os.getpid()]
