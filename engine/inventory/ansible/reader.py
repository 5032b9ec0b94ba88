"""A path -> what an Ansible inventory there says: a file of any kind, or a folder of them, with
the group_vars and host_vars beside it."""

from __future__ import annotations

import os
from pathlib import Path

from engine.inventory.ansible.gathered import Gathered
from engine.inventory.ansible.ini import read_ini
from engine.inventory.ansible.program import is_program, read_program
from engine.inventory.ansible.tree import read_tree, scalars
from engine.inventory.faults import Faults, bare
from engine.inventory.files import MAX_BYTES, read_text
from engine.inventory.node import Node, Table
from engine.inventory.parser import parse
from engine.model.inventory import Position

# What Ansible passes over in a folder of inventories, and which endings it takes for YAML.
IGNORED = (".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".ini", ".cfg", ".retry")
YAML = (".yaml", ".yml", ".json")
ENDINGS = ("", ".yml", ".yaml", ".json")
TAGS = ("!vault", "!vault-encrypted", "!unsafe")
VAULT = "$ANSIBLE_VAULT"
FOLDERS = ("group_vars", "host_vars")
MAX_FILES = 1000


def gather(path: Path, asked: Position, faults: Faults) -> Gathered:
    """Everything at ``path``; what is wrong is a fault, at its line or at ``asked``."""
    gathered = Gathered()
    folder = path if path.is_dir() else path.parent
    for file in _files(path, asked, faults):
        _read(file, asked, gathered, faults)
    inside = gathered.circle()
    if inside is not None:
        faults.add(inside.at, "ansible", f"the group {bare(inside.name)} contains itself")
        return Gathered()
    _read_beside(folder, asked, gathered, faults)
    return gathered


def _files(path: Path, asked: Position, faults: Faults) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        found = sorted(each for each in path.iterdir() if each.name not in FOLDERS and not each.name.endswith(IGNORED))
    except OSError as error:
        faults.add(asked, "file", f"cannot read the folder {bare(str(path))}: {error.strerror}")
        return []
    files = [each for each in found if each.is_file() and not each.name.startswith(".")]
    if not files or len(files) > MAX_FILES:
        faults.add(
            asked, "file", f"the folder {bare(str(path))} holds {len(files)} inventories; expected 1 to {MAX_FILES}"
        )
        return []
    return files


def _read(file: Path, asked: Position, gathered: Gathered, faults: Faults) -> None:
    if is_program(file):
        read_program(file, asked, gathered, faults)
        return
    text = read_text(file, asked, faults, MAX_BYTES)
    if text is None:
        return
    if text.startswith(VAULT):
        faults.add(Position(str(file), 1), "ansible", "the file is encrypted by ansible-vault; hosts must be readable")
    elif file.suffix in YAML:
        read_tree(parse(text, str(file), faults, TAGS), gathered, faults)
    elif not file.suffix and isinstance(root := parse(text, str(file), Faults(), TAGS), Table):
        read_tree(root, gathered, faults)
    else:
        read_ini(text, str(file), gathered, faults)


def _read_beside(folder: Path, asked: Position, gathered: Gathered, faults: Faults) -> None:
    """group_vars and host_vars: NAME, NAME.yaml and so on, or a folder NAME of such files."""
    for place, holders in (("group_vars", gathered.groups), ("host_vars", gathered.machines)):
        try:
            entries = list(os.scandir(folder / place))
        except OSError:
            continue
        by_name = {entry.name: Path(entry.path) for entry in entries}
        if place == "group_vars" and any(f"all{ending}" in by_name for ending in ENDINGS):
            gathered.group("all", asked)
        for name, holder in holders.items():
            # The first ending that is there is the only one that Ansible reads.
            path = next((by_name[name + ending] for ending in ENDINGS if name + ending in by_name), None)
            for file in _variable_files(path) if path else ():
                holder.beside.update(scalars(_variables(file, asked, faults)))


def _variable_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [
        each
        for each in sorted(path.rglob("*"))[:MAX_FILES]
        if each.is_file() and not each.name.startswith(".") and (each.suffix in YAML or not each.suffix)
    ]


def _variables(file: Path, asked: Position, faults: Faults) -> Node | None:
    text = read_text(file, asked, faults, MAX_BYTES)
    if text is None or text.startswith(VAULT):
        return None  # secrets are none of Interlock's business
    return parse(text, str(file), faults, TAGS)
