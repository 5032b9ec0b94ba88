"""The hosts that an OpenSSH client configuration names (ssh_config(5)): every ``Host`` without
wildcards, with the first HostName and Port that apply to it, as OpenSSH would find them.

Login, key and jump host are followed where connections are made: name the same file as
``ssh: {config: ...}``. ``Match`` blocks depend on more than a name and are passed over.
"""

from __future__ import annotations

import glob
import os
import shlex
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from engine.inventory.ansible.gathered import UNGROUPED, Gathered
from engine.inventory.faults import Faults, quote
from engine.inventory.files import MAX_BYTES, read_text
from engine.inventory.node import Scalar
from engine.model.inventory import Position

MAX_DEPTH = 16  # OpenSSH's own
_KEYS = {"hostname": "ansible_host", "port": "ansible_port"}


class _Line(NamedTuple):
    """A keyword in lower case, and its arguments."""

    keyword: str
    words: list[str]
    at: Position


def gather_ssh_hosts(path: Path, asked: Position, faults: Faults) -> Gathered:
    """Every host named in the file; address and port as Ansible's variables name them."""
    gathered = Gathered()
    blocks: list[tuple[list[str], dict[str, Scalar]]] = [(["*"], {})]
    for line in _lines(path, asked, faults, 0):
        if line.keyword in ("host", "match"):
            patterns = line.words if line.keyword == "host" else []
            blocks.append((patterns, {}))
            for word in patterns:
                if not set(word) & set("*?!"):
                    gathered.machine(word, line.at, UNGROUPED)
        elif line.keyword in _KEYS and line.words:
            blocks[-1][1].setdefault(_KEYS[line.keyword], Scalar(line.words[0], line.at.file, line.at.line))
    for name, machine in gathered.machines.items():
        for patterns, settings in blocks:
            if _applies(patterns, name):
                machine.variables = {**settings, **machine.variables}
        address = machine.variables.get("ansible_host")
        if address is not None:
            machine.variables["ansible_host"] = address._replace(
                text=address.text.replace("%h", name).replace("%%", "%")
            )
    return gathered


def _applies(patterns: list[str], name: str) -> bool:
    wanted = False
    for pattern in patterns:
        if pattern.startswith("!"):
            if fnmatchcase(name, pattern[1:]):
                return False
        else:
            wanted = wanted or fnmatchcase(name, pattern)
    return wanted


def _lines(path: Path, asked: Position, faults: Faults, depth: int) -> list[_Line]:
    """The file's lines, with those of included files in their places."""
    text = read_text(path, asked, faults, MAX_BYTES)
    found: list[_Line] = []
    for number, raw in enumerate((text or "").split("\n"), 1):
        stripped, at = raw.strip(), Position(str(path), number)
        if not stripped or stripped.startswith("#"):
            continue
        keyword, _, rest = stripped.replace("=", " ", 1).partition(" ")
        try:
            words = shlex.split(rest, comments=True)
        except ValueError as error:
            faults.add(at, "ssh-config", f"{quote(stripped)}: {str(error).lower()}")
            continue
        line = _Line(keyword.lower(), words, at)
        found += _included(line, path, faults, depth) if line.keyword == "include" else [line]
    return found


def _included(line: _Line, path: Path, faults: Faults, depth: int) -> list[_Line]:
    if depth >= MAX_DEPTH:
        faults.add(line.at, "ssh-config", f"included more than {MAX_DEPTH} deep")
        return []
    found: list[_Line] = []
    for word in line.words:
        base = os.path.join(os.path.dirname(path) or ".", os.path.expanduser(word))
        for each in sorted(glob.glob(base)):
            found += _lines(Path(each), line.at, faults, depth + 1)
    return found
