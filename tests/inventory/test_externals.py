"""Externals in the inventory: what they are, who needs them, and the faults of both."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InventoryInvalid
from engine.inventory import load
from engine.model.external import External, ExternalNeed
from engine.model.inventory import Inventory

HEAD = """\
organization: acme
environments: {prod: {}}
teams: {pay: {}}
domains: {zone: {}}
hosts: {h1: {address: 10.0.0.1, environment: prod, domain: zone}}
"""
SERVICE = """\
services:
  checkout: {team: pay, placement: {hosts: [h1]}, driver: process, command: run, needs: [%s]}
"""


def loaded(folder: Path, text: str, need: str) -> Inventory:
    file = folder / "inventory.yaml"
    file.write_text(HEAD + text + SERVICE % need)
    return load(file)


def test_externals_and_who_needs_them(tmp_path: Path) -> None:
    text = (
        "externals:\n"
        "  stripe: {health: {http: 'https://status.stripe.example/ok', interval: 1m}, owner: pay}\n"
        "  bank: {health: {tcp: 'bank.example:5432', timeout: 1s}}\n"
        "  fax: {health: {command: [bin/fax, --ok]}}\n"
    )
    made = loaded(tmp_path, text, '{external: stripe}, {external: bank, when: ">=2"}')
    assert made.externals == {
        "stripe": External("stripe", http="https://status.stripe.example/ok", interval_s=60.0, owner="pay"),
        "bank": External("bank", tcp="bank.example:5432", timeout_s=1.0),
        "fax": External("fax", command=("bin/fax", "--ok")),
    }
    checkout = made.services["checkout"]
    assert checkout.externals == (ExternalNeed("stripe"), ExternalNeed("bank", ">=2"))
    assert checkout.needs == ()


@pytest.mark.parametrize(
    ("text", "need", "said"),
    [
        ("externals: {stripe: {health: {tcp: 'a:1'}}}\n", "{external: strpie}", "stripe"),
        ("externals: {}\n", "{external: stripe, service: checkout}", "exactly one of service and external, found both"),
        ("externals: {}\n", "{version: '>=1'}", "exactly one of service and external, found none of them"),
        ("externals: {s: {health: {tcp: 'a:1'}}}\n", "{external: s, version: '>=1'}", "an external has no version"),
        ("externals: {s: {health: {tcp: '5432'}}}\n", "{external: s}", "expected ADDRESS:PORT"),
        ("externals: {s: {health: {}}}\n", "{external: s}", "exactly one of http, tcp and command"),
        ("externals: {s: {owner: pay}}\n", "{external: s}", "externals.s.health: missing"),
        ("externals: {s: {health: {tcp: 'a:1'}, owner: pya}}\n", "{external: s}", "pay"),
        ("externals: {checkout: {health: {tcp: 'a:1'}}}\n", "{external: checkout}", "a service has that name already"),
        ("externals: {s: {health: {tcp: 'a:1'}}}\n", "{external: s, when: '>>1'}", "when"),
    ],
)
def test_faults_are_named_with_their_place(tmp_path: Path, text: str, need: str, said: str) -> None:
    with pytest.raises(InventoryInvalid) as caught:
        loaded(tmp_path, text, need)
    assert any(said in finding for finding in caught.value.findings), caught.value.findings
