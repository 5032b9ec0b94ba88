"""Each rule of hygiene: an estate that breaks it, one that does not, and the place it names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.hygiene import RULES, Finding, Severity, check
from engine.hygiene.dependencies import across_domains
from engine.inventory import load
from engine.model.inventory import Domain
from engine.model.release import Artifact, Catalog
from tests.builders import service, world

SOUND = """\
organization: acme
environments: {prod: {}, staging: {}}
teams: {t: {}}
domains: {a: {}, b: {}}
hosts:
  a1: {address: 10.0.0.1, environment: prod, domain: a, labels: {zone: a}}
  b1: {address: 10.0.0.2, environment: prod, domain: b, labels: {zone: b}}
  s1: {address: 10.0.0.3, environment: staging, domain: b, labels: {zone: s}}
services:
  ledger:
    team: t
    placement: {prod: {hosts: [a1, b1]}}
    command: x
    health: {tcp: 80}
    artifact: {path: "out/ledger-{version}"}
  checkout:
    team: t
    placement: {prod: {hosts: [a1, b1]}}
    command: x
    health: {tcp: 80}
    artifact: {path: "out/checkout-{version}"}
    needs:
      - {service: ledger, version: ">=2", when: ">=1"}
"""
KNOWN = {"ledger": ["1.0", "2.0"], "checkout": ["1.0"]}

LEDGER = "  ledger:\n    team: t\n    placement: "
TWICE = "{prod: {hosts: [a1, b1]}}"
HEALTH = "    health: {tcp: 80}\n"
OF_LEDGER = '    artifact: {path: "out/ledger-{version}"}\n'
OF_CHECKOUT = '    artifact: {path: "out/checkout-{version}"}\n'
CHECKOUT_PLACED = f"    placement: {TWICE}\n    command: x\n{HEALTH}{OF_CHECKOUT}"

NEED = '      - {service: ledger, version: ">=2", when: ">=1"}\n'
CLASH = """\
      - {service: ledger, version: "<2", when: "<2"}
      - {service: ledger, version: ">=2", when: ">=2"}
"""

TABLE = [
    # What is written instead, the versions known instead, then line, rule and part of the message.
    (
        (OF_LEDGER, OF_LEDGER + "    needs: [{service: checkout}]\n"),
        {},
        24,
        "warning dependency-cycle: checkout -> ledger -> checkout need each other: some upgrades have no safe order",
    ),
    (
        (OF_LEDGER, OF_LEDGER + "    rollout: {canary: 2}\n"),
        {},
        16,
        "warning canary-is-everything: ledger has no more than 2 placements anywhere, and canary is 2",
    ),
    (
        (OF_LEDGER, OF_LEDGER + "    rollout: {domain_order: [b]}\n"),
        {},
        16,
        "warning domain-order: ledger has placements in a, which domain_order does not name",
    ),
    (
        (LEDGER + TWICE, LEDGER + "{zone: a}"),
        {},
        12,
        "warning single-point-of-failure: ledger runs only on a1 in prod, and checkout needs it",
    ),
    (
        (LEDGER + TWICE, LEDGER + "{zone: a}"),
        {},
        23,
        "warning across-domains: checkout runs where ledger does not, in b of prod (it has a): it fails when either",
    ),
    (
        (CHECKOUT_PLACED, CHECKOUT_PLACED.replace(f"    placement: {TWICE}\n", "")),
        {},
        16,
        "warning placed-nowhere: checkout is placed on no host: it can be neither deployed nor observed",
    ),
    (
        ("{prod: {}, staging: {}}", "{prod: {after: staging}, staging: {}}"),
        {},
        12,
        "warning exempt-from-soak: ledger has no placement in staging: its releases come to prod without having been",
    ),
    (
        (NEED, CLASH),
        {"checkout": ["1.0", "2.0"], "ledger": ["1.0", "2.0"]},
        23,
        "warning lockstep-ahead: checkout 1.0 with ledger 1.0 can become 2.0 with 2.0 only in lockstep: 2.0 refuses",
    ),
    (
        ('version: ">=2"', 'version: ">=3"'),
        {},
        23,
        "warning unsatisfiable: no known version of ledger satisfies >=3 (newest known: 2.0): checkout can never be",
    ),
    (
        ("", ""),
        {"ledger": ["2.0", "2.0.0"]},
        15,
        "error equal-versions: versions 2.0 and 2.0.0 of ledger compare equal",
    ),
    (("", ""), {"checkout": []}, 21, "warning no-artifact: no artifact of checkout found at "),
    (
        (OF_CHECKOUT, ""),
        {"checkout": []},
        16,
        "warning no-artifact: checkout has no artifact: it is observed, and can never be deployed",
    ),
    (("", ""), {"checkout": ["1.0", "!1.1"]}, 21, "warning no-digest: no sha256 is known for checkout 1.1: Interlock"),
    (
        (HEALTH + OF_CHECKOUT, OF_CHECKOUT),
        {},
        16,
        "warning no-health-check: checkout has no health check: a version that starts and answers nothing counts as",
    ),
    (
        (HEALTH + OF_CHECKOUT, "    health: {tcp: 80, passes: 12, interval: 30s}\n" + OF_CHECKOUT),
        {},
        20,
        "error unreachable-deadline: checkout can never become healthy in time: 12 passes, 30s apart, take 330s",
    ),
]


def catalog(known: dict[str, list[str]]) -> Catalog:
    """Artifacts by service; a version written ``!1.0`` has no digest."""
    return Catalog(
        {
            service: {
                text.lstrip("!"): Artifact(service, text.lstrip("!"), "/x", "" if "!" in text else "0" * 64, 1, "file")
                for text in versions
            }
            for service, versions in known.items()
        }
    )


def found(text: str, known: dict[str, list[str]], folder: Path) -> list[Finding]:
    (folder / "inventory.yaml").write_text(text)
    return check(load(folder / "inventory.yaml"), catalog(known))


@pytest.mark.parametrize(
    "versions",
    [
        {"checkout": ["1.0", "2.0"], "ledger": ["2.0"]},  # nothing older to come from
        {"checkout": ["1.0", "1.1"], "ledger": ["1.0", "1.1"]},  # either may go first
    ],
)
def test_versions_that_may_move_one_by_one_are_no_lockstep(versions: dict[str, list[str]], tmp_path: Path) -> None:
    lines = found(SOUND.replace(NEED, CLASH), versions, tmp_path)
    assert [each for each in lines if each.rule == "lockstep-ahead"] == []


def test_a_lockstep_that_a_known_version_bridges_is_none(tmp_path: Path) -> None:
    text = SOUND.replace(NEED, CLASH.replace('when: "<2"', 'when: "<1.5"'))
    for between, is_found in (["1.7", False], ["1.4", True]):
        versions = {"checkout": [str(between), "1.0", "2.0"], "ledger": ["1.0", "2.0"]}
        lines = [each for each in found(text, versions, tmp_path) if each.rule == "lockstep-ahead"]
        assert bool(lines) is is_found


def test_a_sound_estate_has_no_findings(tmp_path: Path) -> None:
    assert found(SOUND, KNOWN, tmp_path) == []


@pytest.mark.parametrize(("change", "known", "line", "expected"), TABLE, ids=[row[3].split()[1] for row in TABLE])
def test_a_rule_finds_its_case(
    change: tuple[str, str], known: dict[str, list[str]], line: int, expected: str, tmp_path: Path
) -> None:
    assert change[0] in SOUND
    findings = found(SOUND.replace(*change, 1), KNOWN | known, tmp_path)
    lines = [str(finding) for finding in findings]
    place = f"{tmp_path / 'inventory.yaml'}:{line}: "
    assert any(each.startswith(place + expected) for each in lines), lines


def test_every_rule_has_a_case() -> None:
    assert {rule.name for rule in RULES} == {row[3].split()[1].rstrip(":") for row in TABLE}


def test_every_message_says_how_to_mend_it(tmp_path: Path) -> None:
    remedies = ("Place", "Move", "Give", "Build", "Remove", "Put", "Add", "Ask")
    for change, known, _line, _expected in TABLE:
        for finding in found(SOUND.replace(*change, 1), KNOWN | known, tmp_path):
            assert any(f". {remedy} " in finding.message for remedy in remedies), finding.message


def test_only_what_makes_the_inventory_unusable_is_an_error() -> None:
    assert {rule.name for rule in RULES if rule.severity is Severity.ERROR} == {
        "equal-versions",
        "unreachable-deadline",
    }


def test_semver_builds_compare_equal_and_opaque_versions_never_do(tmp_path: Path) -> None:
    semver = SOUND.replace("    team: t\n", "    team: t\n    versions: semver\n", 1).replace(">=2", ">=2.0.0")
    rules = [finding.rule for finding in found(semver, KNOWN | {"ledger": ["2.0.0+a", "2.0.0+b"]}, tmp_path)]
    assert rules == ["equal-versions"]
    opaque = SOUND.replace("    team: t\n", "    team: t\n    versions: opaque\n", 1).replace(">=2", "==2.0")
    assert found(opaque, KNOWN | {"ledger": ["2.0", "2.0.0"]}, tmp_path) == []


def test_findings_come_by_file_and_line(tmp_path: Path) -> None:
    findings = found(SOUND, {}, tmp_path)
    assert [finding.line for finding in findings] == sorted(finding.line for finding in findings)
    assert [finding.rule for finding in findings] == ["no-artifact", "no-artifact"]


def test_the_sample_organization_has_a_handful_of_findings() -> None:
    inventory = load(Path("inventories/acme"))
    assert [finding.rule for finding in check(inventory, Catalog({}))] == [
        "no-artifact",
        "across-domains",  # of staging
        "single-point-of-failure",
        "across-domains",  # of prod
    ]


ZONES = {"eu-a": Domain("eu-a", "eu"), "eu-b": Domain("eu-b", "eu"), "us-a": Domain("us-a", "us")}


@pytest.mark.parametrize(
    ("provider", "where"),
    [
        (("eu-a",), []),
        (
            ("eu-b", "us-a"),
            ["environments.prod"],
        ),  # another zone of the region has it, and it outlives any one of its own
        (("eu-b",), ["services.checkout.needs.0"]),  # gone with one zone that is not the consumer's
        (("us-a", "us-b"), ["services.checkout.needs.0"]),  # only in another region
    ],
)
def test_a_need_across_domains_is_told_by_itself_where_the_loss_of_another_one_stops_the_consumer(
    provider: tuple[str, ...], where: list[str]
) -> None:
    made = world(
        service("checkout", ("ledger", ">=1"), hosts=("c",)),
        service("ledger", hosts=tuple(f"l-{zone}" for zone in provider)),
    ).inventory
    domains = {"eu": Domain("eu"), "us": Domain("us"), "us-b": Domain("us-b", "us"), **ZONES}
    hosts = {name: replace(host, domain=name.removeprefix("l-") if name != "c" else "eu-a") for name, host in
             made.hosts.items()}  # fmt: skip
    made = replace(made, domains=domains, hosts=hosts)
    assert [remark.key for remark in across_domains(made, Catalog({}))] == where
