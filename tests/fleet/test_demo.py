"""A demo's folder: what is written, what is kept, what is refused; and the sizes it can have."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import asyncssh
import pytest

from engine.api.user import user_name
from engine.errors import UsageError
from engine.fleet import demo
from engine.fleet.layout import Folders, Layout
from engine.fleet.organization import compose
from engine.inventory import load
from engine.inventory.catalog import scan
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.role import Role
from engine.plan.people.authority import may, may_look


def sizes(inventory: Inventory) -> tuple[int, int]:
    return len(inventory.services), len(inventory.hosts)


def test_the_whole_organization_is_copied_with_its_comments(tmp_path: Path) -> None:
    paths = demo.prepare(tmp_path / "demo")
    inventory = load(paths.inventory)
    assert sizes(inventory) == (27, 24)
    assert "checkout 2.4 books through the journals" in (paths.inventory / "shop.yaml").read_text()
    catalog = scan(inventory)
    for service in inventory.services:
        assert 3 <= len(catalog.versions(service)) <= 5
        assert all(catalog.by_service[service][version].sha256 for version in catalog.versions(service))


def test_in_a_part_of_the_organization_everybody_may_do_everything(tmp_path: Path) -> None:
    inventory = load(demo.prepare(tmp_path / "demo", services=3).inventory)
    assert may(inventory, "games", Role.ADMIN, InstanceId("config", "prod"))


def test_who_makes_the_demo_may_do_everything_and_a_team_its_own(tmp_path: Path) -> None:
    inventory = load(demo.prepare(tmp_path / "demo").inventory)
    me = user_name(os.getuid())
    assert all(may(inventory, me, role, None) for role in Role)
    assert not may(inventory, "games", Role.DEPLOYER, InstanceId("config", "prod"))
    assert may_look(inventory, "games")
    for instance in inventory.instances():
        team = inventory.services[instance.service].team
        able = {person for each in inventory.teams.values() for person in each.members}
        able = {person for person in able if may(inventory, person, Role.DEPLOYER, instance)}
        assert {*inventory.teams[team].members} <= able, instance
        others = able - {*inventory.teams[team].members, *inventory.teams["platform"].members, me}
        assert others == ({"greta", "sam"} if (team, instance.environment) == ("shop", "staging") else set())


def test_what_is_written_belongs_together(tmp_path: Path) -> None:
    paths = demo.prepare(tmp_path / "demo", services=3)
    inventory = load(paths.inventory)
    addresses = {host.address for host in inventory.hosts.values()}
    assert len(addresses) == len(inventory.hosts)
    assert {address.rsplit(".", 1)[0] for address in addresses} == {f"127.{Layout.load(Folders(paths.root)).block}"}
    known = asyncssh.read_known_hosts(inventory.ssh.known_hosts)
    for host in inventory.hosts.values():
        keys = known.match(host.address, host.address, inventory.ssh.port)[0]
        assert len({key.public_data for key in keys}) == 1
    assert Path(inventory.ssh.identity).stat().st_mode & 0o077 == 0
    assert inventory.ssh.port < 32768
    assert list(paths.state.iterdir()) == []


@pytest.mark.parametrize("services", [1, 2, 3, 8, 26, 27, 28, 60])
def test_any_number_of_services_is_closed_under_dependencies(tmp_path: Path, services: int) -> None:
    inventory = load(demo.prepare(tmp_path / "demo", services=services).inventory)
    assert len(inventory.services) == services
    for service in inventory.services.values():
        assert service.hosts["prod"]
        assert service.hosts["staging"]
        assert all(need.provider in inventory.services for need in service.needs)
    used = {host for service in inventory.services.values() for hosts in service.hosts.values() for host in hosts}
    assert used == set(inventory.hosts) or services > 27


@pytest.mark.parametrize("hosts", [2, 3, 4, 7, 24, 40])
def test_any_number_of_hosts_carries_every_service(tmp_path: Path, hosts: int) -> None:
    inventory = load(demo.prepare(tmp_path / "demo", services=9, hosts=hosts).inventory)
    assert sizes(inventory) == (9, hosts)
    for service in inventory.services.values():
        assert len(service.hosts["staging"]) == 1
        assert len(service.hosts["prod"]) == (2 if hosts >= 3 else 1)


def test_the_first_three_services_show_both_orders() -> None:
    assert list(compose(3).services) == ["config", "events", "flags"]


def test_300_services_fit(tmp_path: Path) -> None:
    sample = compose(300, 60)
    assert len(sample.services) == 300
    assert max(len(entry["needs"]) for name, entry in sample.services.items() if name.startswith("svc-")) == 2


@pytest.mark.parametrize(("services", "hosts"), [(0, None), (-1, None), (2001, None), (None, 1), (None, 501)])
def test_numbers_that_make_no_organization_are_refused(services: int | None, hosts: int | None) -> None:
    with pytest.raises(UsageError, match="takes"):
        compose(services, hosts)


def test_a_folder_is_taken_up_with_what_was_changed_in_it(tmp_path: Path) -> None:
    paths = demo.prepare(tmp_path, services=2)
    services = paths.inventory / "services.yaml"
    services.write_text(services.read_text().replace("healthy_deadline: 20s", "healthy_deadline: 33s"))
    identity, hosts = (paths.inventory / "identity").read_text(), load(paths.inventory).hosts
    again = demo.prepare(tmp_path)
    inventory = load(again.inventory)
    assert again == paths
    assert inventory.services["config"].rollout.healthy_deadline_s == 33
    assert inventory.hosts == hosts
    assert (paths.inventory / "identity").read_text() == identity


def test_hosts_move_when_their_addresses_were_taken(tmp_path: Path) -> None:
    paths = demo.prepare(tmp_path, services=2)
    before = load(paths.inventory)
    taken = next(iter(before.hosts.values())).address
    with socket.socket() as other:
        other.bind((taken, before.ssh.port))
        other.listen()
        demo.prepare(tmp_path)
    after = load(paths.inventory)
    assert {host.address for host in after.hosts.values()}.isdisjoint(host.address for host in before.hosts.values())
    assert after.services["config"].configuration.digest == before.services["config"].configuration.digest
    assert {name: host.labels for name, host in after.hosts.items()} == {
        name: host.labels for name, host in before.hosts.items()
    }


def test_other_numbers_than_a_folder_was_made_with_are_refused(tmp_path: Path) -> None:
    demo.prepare(tmp_path, services=2, hosts=3)
    demo.prepare(tmp_path, services=2, hosts=3)
    with pytest.raises(UsageError, match="holds a demo of 2 services, not 3"):
        demo.prepare(tmp_path, services=3)
    with pytest.raises(UsageError, match="holds a demo of 3 hosts, not 4"):
        demo.prepare(tmp_path, hosts=4)


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(UsageError, match="is not empty"):
        demo.prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
