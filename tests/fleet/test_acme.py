"""What the sample organization promises to whoever tries the demo, and to every later test:
its size, that what runs fits together, and pairs whose order is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import networkx as nx
import pytest

from engine.fleet.artifacts import write_artifacts
from engine.fleet.releases import Pair, read_releases, sample_folder
from engine.hygiene import check
from engine.inventory import load
from engine.model.finding import Severity
from engine.model.inventory import Inventory
from engine.model.request import Deploy
from engine.model.service import DriverName
from engine.model.snapshot import Snapshot
from engine.model.version import satisfies
from engine.plan.preview import preview
from tests.adopted import adopted

RELEASES = read_releases()
ORDERED = [pair for pair in RELEASES.pairs if pair.first != "lockstep"]
LOCKSTEPS = [pair for pair in RELEASES.pairs if pair.first == "lockstep"]


def label(pair: Pair) -> str:
    return f"{pair.consumer}-{pair.provider}"


@pytest.fixture(scope="module")
def acme() -> Inventory:
    return load(Path(str(sample_folder())))


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """acme as an engine sees it once the demo is up: everything adopted, healthy, fenced."""
    folder = tmp_path_factory.mktemp("acme")
    for path in Path(str(sample_folder())).glob("*.yaml"):
        (folder / path.name).write_bytes(path.read_bytes())
    write_artifacts(folder / "artifacts", RELEASES.services.values())
    inventory = load(folder)
    return adopted(
        inventory,
        datetime(2026, 1, 1, tzinfo=UTC),
        lambda instance: RELEASES.services[instance.service].running[instance.environment],
    )


def clashes(acme: Inventory, consumer: str, consumer_version: str, provider: str, version: str) -> Iterator[str]:
    """The needs of one consumer's version that one provider's version does not meet."""
    for need in acme.services[consumer].needs:
        scheme = acme.services[provider].scheme
        applies = satisfies(acme.services[consumer].scheme, consumer_version, need.when)
        if need.provider == provider and applies and not satisfies(scheme, version, need.version):
            yield f"{consumer} {consumer_version} needs {provider} {need.version}, not {version}"


def test_it_has_the_size_it_should(acme: Inventory) -> None:
    dependencies = {(service.name, need.provider) for service in acme.services.values() for need in service.needs}
    assert (len(acme.teams), len(acme.services)) == (10, 27)
    assert 60 <= len(dependencies) < 70
    assert set(acme.environments) == {"staging", "prod"}
    regions = [name for name, domain in acme.domains.items() if domain.parent is None]
    assert len(regions) == 2
    assert all(sum(domain.parent == region for domain in acme.domains.values()) == 3 for region in regions)
    assert len({acme.hosts[name].domain for name in acme.hosts}) == 6
    assert {service.team for service in acme.services.values()} == set(acme.teams)
    assert sum(len(acme.placements(instance)) for instance in acme.instances()) == 81


def test_check_finds_no_error_in_it(snapshot: Snapshot) -> None:
    found = check(snapshot.inventory, snapshot.catalog)
    assert [str(finding) for finding in found if finding.severity is Severity.ERROR] == []


def test_the_small_example_loads_and_orders_its_two_services() -> None:
    inventory = load(Path(str(sample_folder())).with_name("two-hosts"))
    assert set(inventory.services) == {"api", "site"}
    assert {service.configuration.driver for service in inventory.services.values()} == {DriverName.SYSTEMD}
    assert not list(clashes(inventory, "site", "2.0", "api", "1.4"))
    assert list(clashes(inventory, "site", "2.0", "api", "1.3"))


def test_every_service_is_twice_in_prod_in_two_regions_and_once_in_staging(acme: Inventory) -> None:
    for service in acme.services.values():
        assert len(service.hosts["staging"]) == 1, service.name
        assert len(service.hosts["prod"]) >= 2, service.name
        assert len({acme.domain_path(host)[0] for host in service.hosts["prod"]}) == 2, service.name


def test_no_two_services_share_a_port(acme: Inventory) -> None:
    commands = [service.configuration.command.rpartition(":")[2] for service in acme.services.values()]
    assert len(set(commands)) == len(commands)


def test_its_graph_is_deep_and_has_no_cycle(acme: Inventory) -> None:
    graph = nx.DiGraph((need.provider, service.name) for service in acme.services.values() for need in service.needs)
    assert nx.is_directed_acyclic_graph(graph)
    assert nx.dag_longest_path_length(graph) >= 6


def test_every_service_has_three_to_five_versions_and_starts_at_known_ones(acme: Inventory) -> None:
    assert set(RELEASES.services) == set(acme.services)
    for name, releases in RELEASES.services.items():
        assert 3 <= len(releases.versions) <= 5, name
        assert set(releases.running.values()) <= set(releases.versions), name
        assert set(releases.switches) <= set(releases.versions), name
        assert not set(releases.switches) & set(releases.running.values()), f"{name} starts with a bad version"


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_what_runs_at_the_start_fits_together(acme: Inventory, environment: str) -> None:
    for service in acme.services.values():
        for need in service.needs:
            mine, theirs = (RELEASES.services[name].running[environment] for name in (service.name, need.provider))
            assert not list(clashes(acme, service.name, mine, need.provider, theirs))


def test_bad_versions_of_every_kind_are_there() -> None:
    kinds = [
        (switches.get("health"), "start_s" in switches, "crash_after_s" in switches)
        for releases in RELEASES.services.values()
        for switches in releases.switches.values()
    ]
    for kind in (("failing", False, False), ("flapping", False, False), (None, True, False), (None, False, True)):
        assert kind in kinds


def test_pairs_of_every_kind_are_there() -> None:
    assert sum(pair.first == "provider" for pair in RELEASES.pairs) >= 4
    assert sum(pair.first == "consumer" for pair in RELEASES.pairs) >= 2
    assert LOCKSTEPS


@pytest.mark.parametrize("pair", ORDERED, ids=label)
def test_a_pair_is_newer_runs_in_staging_and_forces_its_order(acme: Inventory, pair: Pair) -> None:
    old_consumer = RELEASES.services[pair.consumer].running["prod"]
    old_provider = RELEASES.services[pair.provider].running["prod"]
    assert RELEASES.services[pair.consumer].running["staging"] == pair.consumer_version != old_consumer
    assert RELEASES.services[pair.provider].running["staging"] == pair.provider_version != old_provider
    consumer_too_soon = list(clashes(acme, pair.consumer, pair.consumer_version, pair.provider, old_provider))
    provider_too_soon = list(clashes(acme, pair.consumer, old_consumer, pair.provider, pair.provider_version))
    assert bool(consumer_too_soon) == (pair.first == "provider")
    assert bool(provider_too_soon) == (pair.first == "consumer")


@pytest.mark.parametrize("pair", ORDERED, ids=label)
def test_the_preview_of_a_pair_has_its_order_and_no_waits(snapshot: Snapshot, pair: Pair) -> None:
    goals = {pair.consumer: pair.consumer_version, pair.provider: pair.provider_version}
    shown = preview(snapshot, Deploy("noor", "prod", goals))
    assert (shown.refused, shown.waits, shown.locksteps) == ("", (), ())
    wanted = [pair.provider, pair.consumer] if pair.first == "provider" else [pair.consumer, pair.provider]
    assert [step.service for step in sorted(shown.steps, key=lambda step: step.rank)] == wanted
    assert [step.rank for step in sorted(shown.steps, key=lambda step: step.rank)] == [1, 2]


@pytest.mark.parametrize("pair", LOCKSTEPS, ids=label)
def test_the_preview_of_a_lockstep_explains_it(snapshot: Snapshot, pair: Pair) -> None:
    goals = {pair.consumer: pair.consumer_version, pair.provider: pair.provider_version}
    shown = preview(snapshot, Deploy("noor", "prod", goals))
    assert [set(services) for services, _ in shown.locksteps] == [{pair.consumer, pair.provider}]


def test_the_chain_of_both_kinds_goes_the_only_way_it_can(snapshot: Snapshot) -> None:
    shown = preview(snapshot, Deploy("noor", "prod", {"flags": "3.2.0", "config": "1.9.0", "events": "5.5.0"}))
    assert (shown.refused, shown.waits) == ("", ())
    assert [step.service for step in sorted(shown.steps, key=lambda s: s.rank)] == ["events", "config", "flags"]


def test_the_bridge_of_the_readme_bridges(acme: Inventory) -> None:
    assert not list(clashes(acme, "sessions", "2.6.0", "identity", "3.5.0"))
    assert not list(clashes(acme, "sessions", "2.6.0", "identity", "4.0.0"))


def test_the_readme_names_every_pair() -> None:
    text = sample_folder().joinpath("README.md").read_text()
    for pair in RELEASES.pairs:
        assert f"{pair.consumer}={pair.consumer_version} {pair.provider}={pair.provider_version}" in text


def test_a_lone_consumer_waits_for_its_provider(snapshot: Snapshot) -> None:
    shown = preview(snapshot, Deploy("noor", "prod", {"checkout": "2.4.0"}))
    assert [wait.reason.value for wait in shown.waits] == ["DependencyVersion"]
