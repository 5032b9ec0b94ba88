"""A complete inventory comes out as it was meant; a folder reads like one file."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from pydantic import BaseModel

from engine.drivers import spec
from engine.inventory import load
from engine.inventory.document import Document
from engine.inventory.fields import PLACEHOLDERS
from engine.inventory.reading import section_at
from engine.inventory.section import Section
from engine.model.consent import ApprovalPolicy, EvidencePolicy, OverridePolicy
from engine.model.external import ExternalNeed
from engine.model.hook import Hook, Hooks, SecretSource
from engine.model.inventory import Position
from engine.model.running import Container, Script
from engine.model.scope import Scope
from engine.model.service import Amount, DriverName, Need
from engine.model.version import Scheme
from engine.model.webhook import Told, Webhook
from engine.model.window import Booking, Entry, Hours, OnClose

FIXTURES = Path(__file__).parent / "fixtures"
COMPLETE = FIXTURES / "complete.yaml"
FOLDER = FIXTURES / "acme"


def keys_written(model: type[Section], data: Any) -> set[tuple[str, str]]:
    """Each (section, key) that occurs in data, sections below included."""
    found = set()
    for key, value in (data if isinstance(data, dict) else {}).items():
        found.add((model.__name__, key))
        inner = section_at(model, (key,))
        values = [value]
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            values = list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
            inner = section_at(model, (key, 0)) if values else None
        if isinstance(inner, type) and issubclass(inner, Section):
            found |= {pair for each in values for pair in keys_written(inner, each)}
    return found


def all_keys(model: type[Section]) -> set[tuple[str, str]]:
    names = {cls.__name__: cls for cls in Section.kinds()}
    return {(name, key) for name, cls in names.items() for key in cls.model_fields}


def test_the_fixture_holds_every_supported_key() -> None:
    assert all_keys(Document) - keys_written(Document, yaml.load(COMPLETE.read_text(), yaml.BaseLoader)) == set()


def test_the_whole_example_of_the_contract_loads() -> None:
    inventory = load(FIXTURES / "contract.yaml")
    assert inventory.organization == "acme"
    assert "checkout" in inventory.services
    assert inventory.roles
    assert inventory.externals


def test_names_and_numbers() -> None:
    inventory = load(COMPLETE)
    assert inventory.organization == "acme"
    assert list(inventory.environments) == ["staging", "prod"]
    assert inventory.teams["payments"].members == ("ana", "bo")
    assert inventory.teams["payments"].contact == "#payments"
    assert (inventory.observe.steady_s, inventory.observe.busy_s) == (90.0, 0.5)
    limits = inventory.limits
    assert (limits.rollouts, limits.per_team, limits.per_environment, limits.per_label) == (
        6,
        2,
        {"prod": 4},
        {"tier=0": 1},
    )


def test_hosts_and_domains() -> None:
    inventory = load(COMPLETE)
    assert list(inventory.hosts) == ["bastion", "pay-eu-a1", "web-08.eu-b", "web-09.eu-b", "web-10.eu-b", "stage",
                                    "app-1", "batch-1"]  # fmt: skip
    assert inventory.hosts["app-1"].labels == {
        "group.web": "true",
        "group.prod": "true",
        "group.eu-a": "true",
        "rack": "r1",
    }
    assert (inventory.hosts["batch-1"].environment, inventory.hosts["batch-1"].labels) == ("staging", {"role": "batch"})
    assert [inventory.hosts[f"web-{n}.eu-b"].address for n in ("08", "10")] == ["10.0.2.8", "10.0.2.10"]
    assert inventory.hosts["stage"].address == "fd00::1"
    assert inventory.hosts["web-08.eu-b"].labels == {"role": "web"}
    assert (inventory.hosts["bastion"].port, inventory.hosts["stage"].port) == (22, 0)
    assert inventory.domain_path("web-09.eu-b") == ("eu", "eu-b", "rack-1")


def test_webhooks() -> None:
    secret, scope = SecretSource(env="CHAT_SECRET"), Scope(environments=("prod",), teams=("payments",))
    assert load(COMPLETE).webhooks == {
        "chat": Webhook("chat", "https://chat.example/hook", (Told.DONE, Told.FAILED), secret, scope)
    }


def test_ssh_paths_are_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    ssh = load(COMPLETE).ssh
    assert (ssh.user, ssh.port, ssh.jump, ssh.sudo) == ("deploy", 2222, "bastion", True)
    assert ssh.known_hosts == str(FIXTURES / "known_hosts")
    assert ssh.identity == "/home/ana/.ssh/id_ed25519"
    assert (ssh.config, ssh.ca) == (str(FIXTURES / "ssh_config"), str(FIXTURES / "host_ca.pub"))


def test_a_service() -> None:
    checkout = load(COMPLETE).services["checkout"]
    configuration, health, rollout = checkout.configuration, checkout.configuration.health, checkout.rollout
    assert checkout.labels == {"compliance": "pci", "tier": "0"}
    assert checkout.needs == (Need("ledger", ">=2.3.0,<4.0.0"), Need("ledger", ">=3.0.0", ">=2.0"))
    assert checkout.externals == (ExternalNeed("stripe", ">=2.0"),)
    assert checkout.scheme is Scheme.PEP440
    assert checkout.artifact is not None
    assert checkout.artifact.path == str(FIXTURES / "artifacts/checkout-{version}.tar.gz")
    assert checkout.artifact.sha256 == str(FIXTURES / "artifacts/sums.txt")
    assert (configuration.driver, configuration.base) == (DriverName.SYSTEMD, "/opt/interlock")
    assert (configuration.command, configuration.user) == ("bin/checkout --listen {address}:8080", "checkout")
    assert configuration.variables == {"PORT": "8080", "GREETING": "", "VERSION": "1.10"}
    assert configuration.hooks == Hooks(
        once=Hook(("bin/migrate", "{version}"), "engine", 1200.0),
        pre=Hook(("bin/check",)),
        drain=Hook(("bin/lb", "drain", "{address}"), "engine", 120.0),
        undrain=Hook(("bin/lb", "undrain", "{address}"), "engine"),
        post=Hook(("bin/tell",)),
    )
    assert configuration.secrets == {
        "TOKEN": SecretSource(env="CHECKOUT_TOKEN"),
        "KEY": SecretSource(file=str(FIXTURES / "secrets/key")),
    }
    assert (health.http, health.version) == ("http://127.0.0.1:8080/healthz", "http://{address}:8080/version")
    assert (health.interval_s, health.timeout_s, health.passes) == (1.0, 0.25, 3)
    assert rollout.max_parallel == Amount(25, percent=True)
    assert (rollout.min_healthy_time_s, rollout.healthy_deadline_s) == (0.0, 300.0)
    assert (rollout.progress_deadline_s, rollout.confirm_timeout_s) == (5400.0, 172800.0)
    assert rollout.auto_revert is False
    assert (rollout.canary, rollout.auto_promote, rollout.max_failures) == (Amount(1), False, Amount(0))
    assert (rollout.bake_s, rollout.domain_order, rollout.first_domain_bake_s) == (300.0, ("eu-b", "eu-a"), 1800.0)
    assert (rollout.may_be_unavailable(8), rollout.max_failures.of(8)) == (2, 0)


def test_the_other_ways_to_run_and_check() -> None:
    services = load(COMPLETE).services
    ledger, worker = services["ledger"].configuration, services["worker"].configuration
    assert "ExecStart=/srv/interlock/ledger" in ledger.unit
    assert (ledger.command, ledger.base, ledger.health.tcp) == ("", "/srv/interlock", "9090")
    assert services["ledger"].artifact is not None
    assert services["ledger"].artifact.url == "https://files.example/ledger-{version}.tar.zst"
    assert services["ledger"].artifact.sha256 == str(FIXTURES / "artifacts/ledger.sums")
    assert services["ledger"].scheme is Scheme.SEMVER
    assert (worker.driver, worker.base) == (DriverName.PROCESS, "interlock")
    assert worker.health.command == ("bin/check", "--fast")
    shop, legacy = services["shop"].configuration, services["legacy"].configuration
    assert shop.container == Container("registry.example/shop:{version}", ("--publish=8080:80", "--memory=512m"))
    assert (shop.base, shop.script) == ("interlock", None)
    assert legacy.script == Script(("bin/apply", "--now"), ("bin/which-version",), 120.0, 5.0)


def test_placement_by_label_by_name_and_by_environment() -> None:
    services = load(COMPLETE).services
    assert services["checkout"].hosts == {"prod": ("pay-eu-a1",), "staging": ("stage",)}
    assert services["worker"].hosts == {"prod": ("pay-eu-a1", "web-08.eu-b", "web-09.eu-b")}
    assert services["ledger"].hosts == {
        "prod": ("web-08.eu-b", "web-09.eu-b", "web-10.eu-b"),
        "staging": ("stage",),
    }


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("services", "services:"),
        ("services.checkout", "  checkout:"),
        ("services.checkout.needs.1", '      - {service: ledger, version: ">=3.0.0", when: ">=2.0"}'),
        ("services.checkout.rollout", "    rollout:"),
        ("hosts.pay-eu-a1", "  pay-eu-a1: "),
        ("hosts.web-09.eu-b", '  "web-[08-10].eu-b"'),
        ("teams.payments", "  payments: "),
        ("environments.prod", "  prod:"),
        ("policies.limits", "  limits: "),
    ],
)
def test_positions(key: str, text: str) -> None:
    place = load(COMPLETE).positions[key]
    lines = COMPLETE.read_text().splitlines()
    assert place.file == str(COMPLETE)
    assert place.line == 1 + next(n for n, line in enumerate(lines) if line.startswith(text))


def test_a_folder_reads_like_one_file() -> None:
    inventory = load(FOLDER)
    assert inventory.organization == "split"
    assert inventory.services["ledger"].hosts == {"prod": ("h1",)}
    assert (inventory.limits.rollouts, inventory.limits.per_team) == (3, 1)
    assert inventory.positions["services.ledger"] == Position(str(FOLDER / "30-services.yaml"), 2)
    assert inventory.services["ledger"].artifact is not None
    assert inventory.services["ledger"].artifact.path == str(FOLDER / "ledger-{version}")


def test_files_are_named_as_the_operator_named_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FIXTURES)
    inventory = load(Path("acme"))
    assert inventory.positions["hosts.h1"].file == os.path.join("acme", "20-hosts.yml")
    assert inventory.services["ledger"].artifact is not None
    assert inventory.services["ledger"].artifact.path == str(FOLDER / "ledger-{version}")


def test_the_same_files_make_the_same_inventory() -> None:
    assert load(COMPLETE) == load(COMPLETE)


def test_the_placeholders_are_those_that_the_drivers_fill_in() -> None:
    assert PLACEHOLDERS == spec.PLACEHOLDERS


def test_windows_and_freezes() -> None:
    inventory = load(COMPLETE)
    (window,) = inventory.windows.values()
    assert (window.on_close, window.span, window.outage) == (OnClose.REVERT, True, True)
    assert window.applies_to == Scope(("prod",), ("payments",), ("checkout",), {"tier": "0"})
    assert window.exempt == Scope(services=("worker",))
    (allow,) = window.schedule.allow
    assert allow == Entry(ZoneInfo("Europe/Berlin"), frozenset(range(5)), (Hours(9 * 3600, 17 * 3600),))
    calendar, dates = window.schedule.deny
    assert calendar.calendar is not None
    christmas = [each for each in calendar.calendar.bookings(2029) if each.begin.year == 2029]
    assert christmas == [Booking(datetime(2029, 12, 25), datetime(2029, 12, 27))]  # noqa: DTZ001
    assert dates.dates == ((date(2026, 12, 24), date(2027, 1, 2)), (date(2027, 4, 2), date(2027, 4, 2)))
    (freeze,) = inventory.freezes.values()
    assert (freeze.begin, freeze.end) == (
        datetime(2026, 11, 26, 5, tzinfo=UTC),
        datetime(2026, 12, 1, 4, 59, 59, tzinfo=UTC),
    )
    assert (freeze.reason, freeze.on_close) == ("peak", OnClose.FINISH)
    line = COMPLETE.read_text().splitlines().index("    office-hours:") + 1
    assert inventory.positions["policies.windows.office-hours"] == Position(str(COMPLETE), line)


def test_approvals_evidence_and_overrides() -> None:
    inventory = load(COMPLETE)
    pci, prod = Scope(labels={"compliance": "pci"}), Scope(("prod",))
    given = ApprovalPolicy("pci", pci, 2, ("team:payments", "kim"), four_eyes=False, valid_s=8 * 3600.0)
    assert inventory.approvals == (given,)
    assert inventory.evidence == (EvidencePolicy("ticket", prod, "ticket", "[A-Z]+-[0-9]+"),)
    gates = ("window", "freeze", "ApprovalRequired")
    scope = Scope(("staging", "prod"))
    assert inventory.overrides == OverridePolicy(gates, ("team:payments", "kim"), 7200, scope)
