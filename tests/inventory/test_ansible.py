"""Ansible's inventories are understood as Ansible understands them, and become hosts.

The goldens were printed by ``ansible-inventory --list`` (ansible-core, a dependency of the tests
alone), which is asked again each time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from engine.errors import InventoryInvalid
from engine.inventory import load
from engine.inventory.ansible import program
from engine.inventory.ansible.patterns import expand_pattern
from engine.inventory.ansible.reader import gather
from engine.inventory.faults import Faults
from engine.inventory.ranges import RangeError
from engine.model.inventory import Inventory, Position

ANSIBLE = Path(sys.executable).with_name("ansible-inventory")
HERE = Path(__file__).parent / "ansible"
KINDS = ("hosts.ini", "tree.yaml", "dynamic.py")
ESTATE = """\
organization: acme
environments: {prod: {}, staging: {}}
domains: {eu: {eu-a: {rack-1: {}}, eu-b: {}, eu-c: {}}}
"""


def with_include(folder: Path, *lines: str, **files: str) -> Inventory:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    (folder / "inventory.yaml").write_text("\n".join([ESTATE + "include:", *(f"  - {line}" for line in lines)]))
    return load(folder / "inventory.yaml")


def refused(folder: Path, *lines: str, **files: str) -> list[str]:
    with pytest.raises(InventoryInvalid) as caught:
        with_include(folder, *lines, **files)
    return [each.replace(f"{folder}/", "") for each in caught.value.findings]


def as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def understood(path: Path) -> dict[str, dict[str, str]]:
    faults = Faults()
    gathered = gather(path, Position("inventory.yaml", 1), faults)
    faults.raise_if_any()
    return {
        name: {key: value.text.lower() if value.text in ("True", "False") else value.text
               for key, value in gathered.variables_of(name, groups).items() if "tagged" not in value.text}
        for name, groups in gathered.memberships().items()
    }  # fmt: skip


def by_ansible(listed: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What ``--list`` printed, without lists and tables, which can be no label."""
    variables = listed["_meta"]["hostvars"]
    hosts = {host for name, group in listed.items() if name != "_meta" for host in group.get("hosts", ())}
    return {
        name: {k: as_text(v) for k, v in variables.get(name, {}).items() if not isinstance(v, dict | list)}
        for name in hosts
    }


@pytest.mark.parametrize("name", KINDS)
def test_variables_are_those_that_ansible_finds(name: str) -> None:
    golden = json.loads((HERE / "goldens" / f"{name}.json").read_text())
    assert understood(HERE / name) == by_ansible(golden)


@pytest.mark.parametrize("name", KINDS)
def test_groups_are_those_that_ansible_finds(name: str) -> None:
    golden = json.loads((HERE / "goldens" / f"{name}.json").read_text())
    gathered = gather(HERE / name, Position("inventory.yaml", 1), Faults())
    for group in sorted({*golden} - {"_meta", "all", "ungrouped"}):
        assert sorted(gathered.groups[group].hosts) == sorted(golden[group].get("hosts", []))
        assert sorted(gathered.groups[group].children) == sorted(golden[group].get("children", []))


@pytest.mark.parametrize("name", KINDS)
def test_the_goldens_are_what_ansible_prints(name: str, tmp_path: Path) -> None:
    """In a folder of its own, so that no ansible.cfg of anybody's takes part."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    command = [ANSIBLE, "-i", HERE / name, "--list"]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, check=True)
    assert json.loads(done.stdout) == json.loads((HERE / "goldens" / f"{name}.json").read_text())


def test_hosts_get_places_addresses_ports_and_labels(tmp_path: Path) -> None:
    inventory = with_include(tmp_path, f"ansible: {HERE / 'hosts.ini'}")
    hosts = inventory.hosts
    assert sorted(hosts) == sorted([*(f"app0{n}.example.org" for n in (1, 2, 3)), "edge-a", "edge-b", "edge-c",
                                    "pg-1", "six", "lonely"])  # fmt: skip
    assert (hosts["pg-1"].address, hosts["pg-1"].port, hosts["pg-1"].domain) == ("10.9.0.21", 2200, "eu-a")
    assert (hosts["edge-b"].address, hosts["edge-b"].port, hosts["edge-b"].domain) == ("edge-b", 2222, "eu-b")
    assert (hosts["six"].address, hosts["six"].port, hosts["six"].domain) == ("fd00::7", 2022, "eu-c")
    assert {name: host.environment for name, host in hosts.items()} == {
        name: "staging" if name == "lonely" else "prod" for name in hosts
    }
    assert hosts["pg-1"].labels == {
        "group.db": "true", "group.prod": "true", "group.eu-a": "true",
        "role": "db", "colour": "green", "rack": "r 8", "contact": "sre", "zone": "inner",
    }  # fmt: skip
    assert hosts["app02.example.org"].labels["release"] == "1.10"
    assert (hosts["pg-1"].user, hosts["pg-1"].identity) == ("dba", str(HERE / "keys" / "db"))
    assert (hosts["edge-a"].user, hosts["edge-a"].identity, hosts["six"].user) == ("deploy", "", "")
    assert inventory.positions["hosts.pg-1"] == Position(str(HERE / "hosts.ini"), 9)


def test_what_sounds_secret_becomes_no_label(tmp_path: Path) -> None:
    inventory = with_include(tmp_path, f"ansible: {HERE / 'hosts.ini'}")
    assert "hunter2" not in repr(inventory)


def test_of_two_names_for_the_same_the_one_that_ansible_takes_wins(tmp_path: Path) -> None:
    both = "ansible_host=10.0.0.1 ansible_ssh_host=10.0.0.2 ansible_user=a ansible_ssh_user=b ansible_port=1"
    text = f"[prod]\nw1 {both} ansible_ssh_port=2 ansible_private_key_file=x interlock_domain=eu-a\n"
    host = with_include(tmp_path, "ansible: hosts", hosts=text).hosts["w1"]
    assert (host.address, host.user, host.port, host.identity) == ("10.0.0.2", "b", 2, str(tmp_path / "x"))


def test_services_are_placed_by_group(tmp_path: Path) -> None:
    service = "services: {db: {team: t, command: bin/db, placement: {group.db: true}}}\nteams: {t: {}}"
    (tmp_path / "inventory.yaml").write_text(f"{ESTATE}{service}\ninclude: [{{ansible: {HERE / 'hosts.ini'}}}]")
    assert load(tmp_path / "inventory.yaml").services["db"].hosts == {"prod": ("pg-1", "six")}


def test_only_some_are_taken_with_defaults_for_what_they_do_not_say(tmp_path: Path) -> None:
    text = "[web]\nw1 ansible_host=10.0.0.1\nw2 ansible_host=10.0.0.2\n[switches]\ns1\n[net:children]\nswitches\n"
    entry = "{ansible: hosts, environment: prod, domain: rack-1, groups: [web], hosts: ['*1'], labels: {from: ansible}}"
    hosts = with_include(tmp_path, entry, hosts=text).hosts
    assert list(hosts) == ["w1"]
    assert hosts["w1"].labels == {"group.web": "true", "from": "ansible"}
    assert (hosts["w1"].environment, hosts["w1"].domain) == ("prod", "rack-1")


def test_the_innermost_of_nested_domains_is_meant(tmp_path: Path) -> None:
    text = "[rack-1]\nw1 ansible_host=10.0.0.1\n[eu-a:children]\nrack-1\n[prod:children]\neu-a\n"
    assert with_include(tmp_path, "ansible: hosts", hosts=text).hosts["w1"].domain == "rack-1"


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("[eu-a]\nw1\n", "hosts:2: error missing: hosts.w1: no environment; set the variable interlock_environment"),
        ("[prod]\nw1\n", "hosts:2: error missing: hosts.w1: no domain; set the variable interlock_domain"),
        ("[prod]\nw1\n[eu-a]\nw1\n[eu-b]\nw1\n", "hosts:2: error conflict: hosts.w1: it is in the groups eu-a and"),
        ("[prod]\nw1 interlock_domain=eu-d\n", "hosts:2: error unknown-name: hosts.w1.domain: no domain is"),
        ("[prod]\nw1 interlock_domain\n", "hosts:2: error ansible: 'w1 interlock_domain': expected key=value after"),
        ("[prod]\n\nw[1:x]\n", "hosts:3: error range: 'w[1:x]': expected a range from a lower to a higher"),
        ("[prod]\nw1 x='\n", "hosts:2: error ansible: 'w1 x='': no closing quotation"),
        ("[web:kids]\nw1\n", "hosts:1: error ansible: the section [web:kids] has no meaning"),
        ("[web:children]\ndbb\n", "hosts:2: error ansible: [web:children]: no group is called 'dbb'"),
        ("[web:vars]\na=1\n", "hosts:1: error ansible: [web:vars]: no group is called 'web'"),
        ("[a:children]\nb\n[b:children]\na\n", "hosts:1: error ansible: the group a contains itself"),
        ("[prod]\nw1 ansible_port=many interlock_domain=eu-a\n", "hosts:2: error value: hosts.w1.port: expected"),
        ("[prod]\nw1 ansible_host={{x}} interlock_domain=eu-a\n", "hosts:2: error ansible: hosts.w1: its address is a"),
        ("[prod]\nw1 ansible_user={{x}} interlock_domain=eu-a\n", "hosts:2: error ansible: hosts.w1: its user is a"),
        ("[prod]\nw1 ansible_user='a b' interlock_domain=eu-a\n", "hosts:2: error value: hosts.w1.user: expected"),
        ("[prod]\nw_/1 interlock_domain=eu-a\n", "hosts:2: error name: hosts.w_/1: a name holds only letters"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_line(text: str, finding: str, tmp_path: Path) -> None:
    findings = refused(tmp_path, "ansible: hosts", hosts=text)
    assert any(each.startswith(finding) for each in findings), findings


def test_a_host_of_both_inventories_is_named_at_both_places(tmp_path: Path) -> None:
    text = "[prod]\nw1 interlock_domain=eu-a\n"
    findings = refused(tmp_path, "ansible: a", "ansible: b", a=text, b=text)
    assert findings == ["b:2: error duplicate: hosts.w1: stands already at a:2"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{}", "include.0: expected exactly one of ansible and ssh_config, found neither"),
        ("{ansible: none.ini}", "none.ini: No such file or directory"),
        ("{ansible: hosts, groups: [wbe]}", "include.0.groups: no group is called 'wbe'; did you mean web?"),
        ("{ansible: hosts, limit: x}", "include.0.limit: unknown key"),
    ],
)
def test_what_is_wrong_with_the_include_itself(entry: str, said: str, tmp_path: Path) -> None:
    findings = refused(tmp_path, entry, hosts="[web]\nw1 interlock_environment=prod interlock_domain=eu-a\n")
    assert any(said in each and each.startswith("inventory.yaml:5:") for each in findings), findings


def script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo no region >&2; exit 3", "ended with status 3 and said 'no region'"),
        ("echo hello", "printed no JSON"),
        ("sleep 60 & sleep 60", "did not end within"),
        ("exec cat /dev/zero", "printed more than"),
    ],
)
def test_a_program_that_misbehaves_is_a_finding(
    body: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "TIMEOUT_S", 1.0 if "sleep" in body else 20.0)
    monkeypatch.setattr(program, "MAX_BYTES", 1 << 20)
    began = time.monotonic()
    findings = refused(tmp_path, f"ansible: {script(tmp_path / 'list', body).name}")
    assert len(findings) == 1
    assert said in findings[0]
    assert findings[0].startswith("inventory.yaml:5: error ansible: ")
    assert time.monotonic() - began < 15


def test_a_program_is_given_its_words_and_no_shell(tmp_path: Path) -> None:
    """Its name may hold anything; hosts' variables are asked for one by one where it must be."""
    name = "list $(touch pwned); echo"
    script(
        tmp_path / name,
        """[ "$1" = --list ] && echo '{"prod": ["w1"], "eu-a": ["w1"]}'
        [ "$1 $2" = "--host w1" ] && echo '{"ansible_host": "10.0.0.1"}'; exit 0""",
    )
    assert with_include(tmp_path, f"ansible: '{name}'").hosts["w1"].address == "10.0.0.1"
    assert not (tmp_path / "pwned").exists()


def test_a_folder_of_inventories_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "estate"
    folder.mkdir()
    (folder / "a").write_text("[prod]\nw1 ansible_host=10.0.0.1\n")
    (folder / "b.yml").write_text(
        "eu-a: {hosts: {w1: , w2: {ansible_host: 10.0.0.2, interlock_environment: staging}}}\n"
    )
    (folder / "README.md").write_text("[none\n")
    hosts = with_include(tmp_path, "ansible: estate").hosts
    assert [(host.name, host.environment, host.domain) for host in hosts.values()] == [
        ("w1", "prod", "eu-a"), ("w2", "staging", "eu-a"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "names", "port"),
    [
        ("w", ("w",), ""),
        ("w:22", ("w",), "22"),
        ("w[08:10].x", ("w08.x", "w09.x", "w10.x"), ""),
        ("w[1:5:2]:22", ("w1", "w3", "w5"), "22"),
        ("[a:b][1:2]", ("a1", "a2", "b1", "b2"), ""),
        ("[fd00::1]:22", ("fd00::1",), "22"),
        ("fd00::1", ("fd00::1",), ""),
    ],
)
def test_patterns(pattern: str, names: tuple[str, ...], port: str) -> None:
    assert expand_pattern(pattern) == (names, port)


@pytest.mark.parametrize("pattern", ["w[1:", "w[5:1]", "w[1:99999999]", "w[1:999][1:999]", "w[01:100]", "w[1:2:0]"])
def test_patterns_that_cannot_be_meant(pattern: str) -> None:
    with pytest.raises(RangeError):
        expand_pattern(pattern)


SSH_CONFIG = """\
Host bastion
    HostName 192.0.2.1
Host pay-1 pay-2 !pay-3
    HostName %h.internal
    Port 2222
Include more.conf
Match user root
    Port 1
Host pay-*
    Port 99
    User deploy
Host *
    ServerAliveInterval 30
"""


def test_hosts_of_an_openssh_configuration(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text("Host=db-1\n  Port=2200\n")
    entry = "{ssh_config: config, environment: prod, domain: eu-a, hosts: [pay-*, db-*], labels: {role: pay}}"
    hosts = with_include(tmp_path, entry, config=SSH_CONFIG).hosts
    assert {(host.name, host.address, host.port) for host in hosts.values()} == {
        ("pay-1", "pay-1.internal", 2222), ("pay-2", "pay-2.internal", 2222), ("db-1", "db-1", 2200),
    }  # fmt: skip
    assert hosts["pay-1"].labels == {"role": "pay"}
