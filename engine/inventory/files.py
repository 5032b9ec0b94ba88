"""A path -> one merged document: a YAML file, or all those of a folder.

Subfolders are not read: an inventory's folder also holds artifacts and keys. Only regular
files are opened, so that a pipe or a device named ``*.yaml`` cannot hold up the engine.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from engine.inventory.faults import Faults, bare, dotted
from engine.inventory.node import Entry, Node, Scalar, Table
from engine.inventory.parser import parse
from engine.model.inventory import Position

SUFFIXES = (".yaml", ".yml")
MAX_BYTES = 8 * 1024 * 1024
MAX_FILES = 1000

# Sections whose keys may be spread over files, and how deep: policies.limits is one level on.
_MERGED_DEPTH = {"policies": 2, "organization": 0, "signers": 0, "include": 0}


def read_document(path: Path, faults: Faults) -> Table:
    """Every entry of the inventory at ``path``, or what could be read of it."""
    document = Table({}, str(path), 1)
    for file in _files(path, faults):
        text = read_text(file, Position(str(file), 1), faults, MAX_BYTES)
        root = None if text is None else parse(text, str(file), faults)
        if isinstance(root, Table):
            _merge(document, root, (), faults)
        elif root is not None and not (isinstance(root, Scalar) and not root.text.strip()):
            message = "expected a mapping of keys such as `organization: NAME` at the top of the file"
            faults.add(Position(root.file, root.line), "type", message)
    return document


def is_inventory_file(path: Path) -> bool:
    """Whether a folder's entry is one of its YAML files."""
    return path.suffix in SUFFIXES and not path.name.startswith(".")


def absolute(path: str, folder: str) -> str:
    """``path`` as the inventory means it: ``~`` is the home, the rest relative to ``folder``."""
    if not path:
        return ""
    return os.path.abspath(os.path.join(folder, os.path.expanduser(path)))


def read_text(path: Path, asked: Position, faults: Faults, max_bytes: int) -> str | None:
    """The text of a small file; None, and a fault at ``asked`` that says why, if it has none."""
    name = bare(str(path))
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            faults.add(asked, "file", f"{name} is not a regular file")
            return None
        if status.st_size > max_bytes:
            faults.add(asked, "file", f"{name} has {status.st_size:,} bytes; at most {max_bytes:,} are read")
            return None
        with open(path, "rb") as stream:
            data = stream.read(max_bytes)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a usable path"
        faults.add(asked, "file", f"cannot read {name}: {reason}")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        faults.add(Position(str(path), line), "file", "not UTF-8 text; save the file as UTF-8")
        return None


def _files(path: Path, faults: Faults) -> list[Path]:
    """The files to read, in the order of their names."""
    whole = Position(str(path), 1)
    try:
        if not path.is_dir():
            return [path]
        found = sorted(each for each in path.iterdir() if is_inventory_file(each))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a usable path"
        faults.add(whole, "file", f"cannot read the folder: {reason}")
        return []
    if not found:
        faults.add(whole, "file", "the folder holds no *.yaml or *.yml file (subfolders are not read)")
    if len(found) > MAX_FILES:
        faults.add(whole, "file", f"the folder holds {len(found):,} YAML files; at most {MAX_FILES:,} are read")
        return []
    return found


def _merge(into: Table, other: Table, path: tuple[str, ...], faults: Faults) -> None:
    """Add a file's entries; one name declared in two files is a fault that names both."""
    for key, entry in other.entries.items():
        here = (*path, key)
        first = into.entries.get(key)
        if first is None or (_depth(here) and _is_blank(first.value)):
            into.entries[key] = Entry(entry.file, entry.line, _copy(entry.value, _depth(here)))
        elif _depth(here) and isinstance(first.value, Table) and isinstance(entry.value, Table):
            _merge(first.value, entry.value, here, faults)
        elif not _is_blank(entry.value) or not _depth(here):
            message = f"{dotted(*here)}: declared twice; first at {first.file}:{first.line}"
            faults.add(Position(entry.file, entry.line), "duplicate", message)


def _depth(path: tuple[str, ...]) -> int:
    """How many levels below ``path`` are merged between files."""
    return _MERGED_DEPTH.get(path[0], 1) + 1 - len(path)


def _copy(node: Node, levels: int) -> Node:
    """A table that may be added to: an alias can make one table stand in several places."""
    if levels <= 0 or not isinstance(node, Table):
        return node
    entries = {
        key: Entry(entry.file, entry.line, _copy(entry.value, levels - 1)) for key, entry in node.entries.items()
    }
    return Table(entries, node.file, node.line)


def _is_blank(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.text
