"""``include``: hosts that other tools already know (Ansible, OpenSSH) join those of ``hosts``.

They become entries of the section ``hosts`` before anything looks at it, each at the line on
which its file names it, so that every check and message about hosts holds for them too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from engine.inventory.ansible.gathered import UNGROUPED, Gathered, Variables
from engine.inventory.ansible.reader import gather
from engine.inventory.faults import Faults, quote
from engine.inventory.fields import Labels
from engine.inventory.node import Entry, Listing, Node, Scalar, Table, child, table_of
from engine.inventory.reading import Read, is_blank, read_section
from engine.inventory.scalars import BlankList, Name, Text, problem, problem_with_name
from engine.inventory.section import Section
from engine.inventory.ssh_config import gather_ssh_hosts
from engine.model.inventory import Position

GROUP = "group."
REACHED_BY_SSH = ("", "ssh", "smart", "paramiko", "paramiko_ssh")
SECRET_WORDS = ("pass", "secret", "token", "key", "credential", "vault")
# Where two names mean the same, Ansible takes the one that comes first here.
_ADDRESS = ("ansible_ssh_host", "ansible_host")
# How a host is reached: keys of the section hosts, and the variables that say the same.
_WAYS = {
    "port": ("ansible_ssh_port", "ansible_port"),
    "user": ("ansible_ssh_user", "ansible_user"),
    "identity": ("ansible_ssh_private_key_file", "ansible_private_key_file"),
}


class IncludeEntry(Section):
    """Hosts from files of other tools: one of ansible and ssh_config."""

    ansible: Text = Field(
        default="", description="An Ansible inventory: INI, YAML, an executable's JSON, or a folder of these"
    )
    ssh_config: Text = Field(default="", description="An OpenSSH client configuration: its hosts without wildcards")
    environment: Name | None = Field(default=None, description="The environment of hosts that name none themselves")
    domain: Name | None = Field(default=None, description="The failure domain of hosts that name none themselves")
    labels: Labels = Field(default={}, description="More labels, for each of these hosts")
    groups: Annotated[list[Text], BlankList] = Field(
        default=[], description="Take the hosts of these Ansible groups only"
    )
    hosts: Annotated[list[Text], BlankList] = Field(
        default=[], description="Take hosts only whose name fits one of these, such as web-*"
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> IncludeEntry:
        if bool(self.ansible) == bool(self.ssh_config):
            found = "both" if self.ansible else "neither"
            raise problem(f"expected exactly one of ansible and ssh_config, found {found}")
        if self.groups and not self.ansible:
            raise problem("groups are Ansible's: ssh_config has none, name its hosts in hosts")
        return self


@dataclass(frozen=True, slots=True)
class _Known:
    """The names that a host's groups may stand for: environments, and domains by parent."""

    environments: Collection[str]
    domains: Mapping[str, str]

    def innermost(self, names: Collection[str]) -> tuple[str, ...]:
        """Those of some domains that contain no other of them: one, if they lie in each other."""
        around: set[str] = set()
        for name in names:
            parent = self.domains[name]
            while parent:
                around.add(parent)
                parent = self.domains[parent]
        return tuple(sorted(set(names) - around))


def include_hosts(document: Table, faults: Faults) -> None:
    """Add the hosts of every ``include`` to the document's section ``hosts``."""
    entry = document.entries.get("include")
    if entry is None or is_blank(entry.value):
        return
    if not isinstance(entry.value, Listing):
        at = Position(entry.file, entry.line)
        faults.add(at, "type", "include: expected a list such as [{ansible: hosts.ini}]")
        return
    known = _Known(table_of(child(document, "environments")).keys(), _domains(document))
    hosts = _hosts_of(document, entry)
    for index, item in enumerate(entry.value.items):
        here = Position(item.file, item.line)
        read = read_section(IncludeEntry, item, here, ("include", index), faults)
        if read is not None and hosts is not None and not read.unread:
            _include(read, here, known, hosts, faults)


def _hosts_of(document: Table, include: Entry) -> dict[str, Entry] | None:
    """The entries of ``hosts``, to add to; None if somebody wrote something else there."""
    section = document.entries.get("hosts")
    if section is None or is_blank(section.value):
        section = Entry(include.file, include.line, Table({}, include.file, include.line))
        document.entries["hosts"] = section
    return section.value.entries if isinstance(section.value, Table) else None


def _domains(document: Table) -> dict[str, str]:
    found: dict[str, str] = {}
    pending: list[tuple[str, Node | None]] = [("", child(document, "domains"))]
    while pending:
        parent, node = pending.pop()
        for name, entry in table_of(node).items():
            if name not in found:
                found[name] = parent
                pending.append((name, entry.value))
    return found


def _include(read: Read[IncludeEntry], here: Position, known: _Known, hosts: dict[str, Entry], faults: Faults) -> None:
    entry, folder = read.value, str(Path(here.file).parent)
    if entry.ssh_config:
        gathered = gather_ssh_hosts(_near(entry.ssh_config, folder), read.at("ssh_config"), faults)
    else:
        gathered = gather(_near(entry.ansible, folder), read.at("ansible"), faults)
    for name in entry.groups:
        if name not in gathered.groups:
            faults.unknown(read.at("groups"), read.name("groups"), "group", name, gathered.groups)
    for name, groups in gathered.memberships().items():
        if _wanted(entry, name, groups):
            machine = _Machine(name, gathered, groups, known, faults)
            table = machine.table(entry)
            if table is None:
                continue
            if name in hosts:
                first = Position(hosts[name].file, hosts[name].line)
                faults.add(machine.at, "duplicate", f"hosts.{name}: stands already at {first}")
            else:
                hosts[name] = Entry(machine.at.file, machine.at.line, table)


def _near(path: str, folder: str) -> Path:
    """Named as the inventory is named, so that findings stay as short as its path."""
    return Path(folder) / Path(path).expanduser()


def _wanted(entry: IncludeEntry, name: str, groups: tuple[str, ...]) -> bool:
    if entry.groups and not set(entry.groups) & {*groups, "all"}:
        return False
    return not entry.hosts or any(fnmatchcase(name, pattern) for pattern in entry.hosts)


class _Machine:
    """One host that is taken in, and what its variables and groups say about it."""

    def __init__(self, name: str, gathered: Gathered, groups: tuple[str, ...], known: _Known, faults: Faults) -> None:
        self.name, self.groups, self.known, self.faults = name, groups, known, faults
        self.at = gathered.machines[name].at
        self.variables: Variables = gathered.variables_of(name, groups)

    def table(self, entry: IncludeEntry) -> Table | None:
        """The host as the section ``hosts`` would have it; None if it is none, or a fault says why."""
        if self._first("ansible_connection", default="").text not in REACHED_BY_SSH:
            return None
        wrong = problem_with_name(self.name)
        if wrong:
            self.faults.add(self.at, "name", f"hosts.{quote(self.name)[1:-1]}: {wrong}")
            return None
        environment = self._placed("environment", entry.environment, self._in(self.known.environments))
        domain = self._placed("domain", entry.domain, self.known.innermost(self._in(self.known.domains)))
        address = self._first(*_ADDRESS, default=self.name)
        ways = {key: self._first(*names, default="") for key, names in _WAYS.items()}
        readable = [self._is_readable(key, text) for key, text in {"address": address, **ways}.items()]
        if environment is None or domain is None or not all(readable):
            return None
        parts = {"address": self._plain(address), "environment": environment, "domain": domain}
        parts |= {key: text for key, text in ways.items() if text.text}
        labels = {name: Entry(text.file, text.line, text) for name, text in self._labels(entry).items()}
        entries = {name: Entry(text.file, text.line, text) for name, text in parts.items()}
        entries["labels"] = Entry(self.at.file, self.at.line, Table(labels, self.at.file, self.at.line))
        return Table(entries, self.at.file, self.at.line)

    def _is_readable(self, key: str, text: Scalar) -> bool:
        """Whether it is written out; a fault if only Ansible could tell what it is."""
        if "{{" in text.text:
            message = f"hosts.{self.name}: its {key} is a template or encrypted, which only Ansible can fill in"
            self.faults.add(Position(text.file, text.line), "ansible", f"{message}; write it out")
        return "{{" not in text.text

    def _plain(self, address: Scalar) -> Scalar:
        return (
            address._replace(text=f"[{address.text}]")
            if address.text.count(":") > 1 and "[" not in address.text
            else address
        )

    def _first(self, *names: str, default: str) -> Scalar:
        found = next((self.variables[name] for name in names if name in self.variables), None)
        return found or self._text(default)

    def _text(self, text: str) -> Scalar:
        return Scalar(text, self.at.file, self.at.line)

    def _in(self, names: Collection[str]) -> tuple[str, ...]:
        return tuple(sorted(group for group in self.groups if group in names))

    def _placed(self, what: str, default: str | None, groups: tuple[str, ...]) -> Scalar | None:
        """Its environment or domain: its own variable, else its group, else the include's."""
        named = self.variables.get(f"interlock_{what}")
        if named is not None and named.text:
            return named
        if len(groups) == 1:
            return self._text(groups[0])
        if groups:
            message = f"hosts.{self.name}: it is in the groups {' and '.join(groups)}, which are {what}s both"
            self.faults.add(self.at, "conflict", f"{message}; say which with the variable interlock_{what}")
        elif default is not None:
            return self._text(default)
        else:
            message = f"hosts.{self.name}: no {what}; set the variable interlock_{what}, put it into a group that is"
            self.faults.add(self.at, "missing", f"{message} called like its {what}, or name the {what} at the include")
        return None

    def _labels(self, entry: IncludeEntry) -> dict[str, Scalar]:
        """Its groups (``group.web: true``), its plain variables, and what the include adds."""
        found = {f"{GROUP}{name}": self._text("true") for name in self.groups if name != UNGROUPED}
        found |= {name: text for name, text in self.variables.items() if _is_label(name, text.text)}
        return {
            **{name: text for name, text in found.items() if problem_with_name(name) is None},
            **{name: self._text(text) for name, text in entry.labels.items()},
        }


def _is_label(name: str, text: str) -> bool:
    """Whether a variable may be shown and matched: no setting of Ansible's or Interlock's, no
    template, nothing that sounds secret, one printable line."""
    lowered = name.lower()
    return (
        not lowered.startswith(("ansible_", "interlock_"))
        and not any(word in lowered for word in SECRET_WORDS)
        and "{{" not in text
        and text.isprintable()
        and len(text) <= 256
    )
