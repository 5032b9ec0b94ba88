"""The commands by which people decide: what they ask for, what they print, how they end."""

from __future__ import annotations

import getpass
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from console.cli.moments import read_moment
from engine.model.change import Status
from engine.model.consent import ApprovalPolicy, EvidencePolicy, OverridePolicy
from engine.model.inventory import Limits
from engine.model.scope import Scope
from tests.api.served import Served
from tests.cli.conftest import Interlock

ME = getpass.getuser()
EVERYTHING = Scope()


def policies(engine: Served, **changed: object) -> None:
    """The engine reloads its inventory with other policies."""

    def reload() -> None:
        small = engine.engine
        small.snapshot = replace(small.snapshot, inventory=replace(small.snapshot.inventory, **changed))
        small.happen()

    engine.do(reload)


def state(interlock: Interlock, change: str) -> str:
    return str(interlock("show", change, "-o", "json").data["state"])


def test_approve_says_what_it_approves_and_the_change_shows_it(still: Served, interlock: Interlock) -> None:
    policies(still, approvals=(ApprovalPolicy("pci", EVERYTHING, 2, (ME, "kim"), four_eyes=False),))
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    ran = interlock("approve", "1")
    assert (ran.code, ran.out) == (0, "\n" if ran.out else "")
    assert "change 1 in prod: ledger 1.0.0 -> 1.1.0" in ran.err
    assert f"approved by {ME}; 1 more wanted" in ran.err
    shown = interlock("show", "1", "-o", "json").data
    assert [(given["by"], given["current"]) for given in shown["approvals"]] == [(ME, True)]
    assert [wait["reason"] for wait in shown["waits"]] == ["ApprovalRequired"]
    assert f"approved by {ME}" in interlock("show", "1").out
    assert interlock("approve", "1", "--digest", "0" * 16).code == 1


def test_an_approval_says_until_when_it_counts_and_that_it_is_over(still: Served, interlock: Interlock) -> None:
    policy = ApprovalPolicy("pci", EVERYTHING, 2, (ME, "kim"), four_eyes=False, valid_s=3600.0)
    policies(still, approvals=(policy,))
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    assert interlock("approve", "1").code == 0
    assert re.search(rf"approved by {ME} .* ago \(until .+\)\n", interlock("show", "1").out)
    policies(still, approvals=(replace(policy, valid_s=1e-6),))
    interlock("hold", "1")  # this engine's clock goes on with what happens
    shown = interlock("show", "1", "-o", "json").data
    assert [(given["current"], given["over"]) for given in shown["approvals"]] == [(True, True)]
    assert f"2 missing; the approval of {ME} ended at" in interlock("why", "1").out
    assert ": ask again)" in interlock("show", "1").out


def test_a_replayed_approval_is_refused_and_audited(still: Served, interlock: Interlock) -> None:
    """The digest of what was looked at, sent again once the change is another."""
    policies(still, approvals=(ApprovalPolicy("pci", EVERYTHING, 1, (ME,), four_eyes=False),))
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    looked_at = interlock("show", "1", "-o", "json").data["digest"]
    interlock("cancel", "1")
    interlock("deploy", "ledger=2.0.0", "-e", "prod")
    ran = interlock("approve", "2", "--digest", looked_at)
    assert (ran.code, "is not what you looked at any more" in ran.err) == (1, True)
    assert interlock("show", "2", "-o", "json").data["approvals"] == []
    assert "is not what you looked at any more" in interlock("audit", "-o", "json").out.splitlines()[-1]


def test_an_approval_by_the_requester_is_refused_with_who_could(still: Served, interlock: Interlock) -> None:
    policies(still, approvals=(ApprovalPolicy("pci", EVERYTHING, 1, (ME, "kim")),))
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    ran = interlock("approve", "1")
    assert (ran.code, ran.out) == (1, "")
    assert f"{ME} requested change 1, and approvals.pci wants other eyes: {ME} or kim" in ran.err
    assert interlock("approve", "77").code == 2


def test_reject_cancels_and_keeps_the_reason(still: Served, interlock: Interlock) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    assert interlock("reject", "1", "--reason", "not this week").code == 0
    assert state(interlock, "1") == "cancelled"
    assert f"it was rejected by {ME}: not this week" in interlock("show", "1").out
    assert interlock("status", "ledger@prod", "-o", "json").data[0]["desired"] == "1.0.0"


def test_hold_and_release_a_change_and_a_service(still: Served, interlock: Interlock) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    assert interlock("hold", "1").code == 0
    assert interlock("show", "1", "-o", "json").data["held_by"] == ME
    assert "interlock release 1" in interlock("why", "1").out
    assert interlock("release", "1").code == 0
    assert interlock("release", "1").code == 1
    assert interlock("hold", "search").code == 0
    assert interlock("hold", "ledger").code == 2
    assert interlock("release", "search@prod").code == 0


def test_abort_takes_a_running_change_back(still: Served, interlock: Interlock) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    still.do(still.engine.step)
    assert state(interlock, "1") == "running"
    assert interlock("abort", "1", "--reason", "wrong day").code == 0
    still.do(lambda: [still.engine.step() for _ in range(20)])
    assert state(interlock, "1") == "reverted"
    assert interlock("abort", "1").code == 1


def test_a_failed_change_is_tried_again_with_a_reason(engine: Served, interlock: Interlock) -> None:
    engine.engine.fail["ledger"] = "answers 503"
    assert interlock("deploy", "ledger=1.1.0", "-e", "prod", "--wait").code == 1
    status = interlock("status", "ledger@prod", "-o", "json").data[0]
    assert [(bad["version"], bad["by"], bad["environment"]) for bad in status["bad"]] == [
        ("1.1.0", "interlock", "prod")
    ]
    assert "1.1.0 is bad in prod" in interlock("status", "ledger@prod").out
    graph = {node["service"]: node["bad"] for node in interlock("graph", "--format", "json").data["services"]}
    assert graph["ledger"] == {"prod": ["1.1.0"]}
    assert "1.1.0 bad in prod" in interlock("graph").out
    refused = interlock("deploy", "ledger=1.1.0", "-e", "prod")
    assert refused.code == 1
    assert "Good versions near it: 2.0.0, 1.0.0" in refused.err
    assert "--reason" in interlock("retry", "1").err
    engine.engine.fail.clear()
    ran = interlock("retry", "1", "--reason", "the database was down", "--wait", "-o", "json")
    assert (ran.code, ran.data["id"], ran.data["state"]) == (0, "1", "succeeded")
    assert interlock("status", "ledger@prod", "-o", "json").data[0]["bad"] == []


def test_clear_bad_after_a_rollback_that_marked(engine: Served, interlock: Interlock) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod", "--wait")
    assert "1.1.0 marked bad" in interlock("rollback", "ledger@prod", "--mark-bad", "--reason", "slow", "--wait").err
    assert interlock("deploy", "ledger=1.1.0", "-e", "prod").code == 1
    assert interlock("clear-bad", "ledger=1.1.0").code == 2
    assert interlock("clear-bad", "ledger=1.1.0", "--reason", "mended").code == 0
    assert interlock("clear-bad", "ledger=1.1.0", "--reason", "mended").code == 1
    assert interlock("deploy", "ledger=1.1.0", "-e", "prod", "--wait").code == 0


def test_override_shows_what_it_lets_loose_and_does_it(still: Served, interlock: Interlock) -> None:
    policies(still, limits=Limits(rollouts=1), overrides=OverridePolicy(("limit",), (ME,), 3600))
    interlock("deploy", "search=1.1.0", "-e", "prod")
    still.do(still.engine.step)
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    ran = interlock("override", "2", "limit", "--reason", "incident", "--for", "10m")
    assert ran.code == 0
    assert "ledger@prod, ConcurrencyLimit: 1 of at most 1 rollouts in all run already" in ran.err
    assert "let loose at once:" in ran.err
    assert "ledger 1.1.0 (change 2)" in ran.err
    assert interlock("show", "2", "-o", "json").data["waits"] == []
    assert f"limit overridden by {ME} until" in interlock("show", "2").out


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("1", "limit"), 2, "--reason"),
        (("1", "limit", "--reason", "x", "--for", "2h"), 1, "at most 1h"),
        (("1", "dependency", "--reason", "x"), 1, "can never be overridden"),
        (("1", "limt", "--reason", "x"), 2, "did you mean limit?"),
        (("9", "limit", "--reason", "x"), 2, "no change"),
    ],
)
def test_an_override_that_cannot_be_says_why(
    still: Served, interlock: Interlock, args: tuple[str, ...], code: int, said: str
) -> None:
    policies(still, overrides=OverridePolicy(("limit",), (ME,), 3600))
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    ran = interlock("override", *args)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


def test_expedite_moves_it_ahead_in_the_queue(still: Served, interlock: Interlock) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    interlock("deploy", "search=1.1.0", "-e", "prod")
    assert interlock("expedite", "2", "--reason", "incident").code == 0
    assert [row["id"] for row in interlock("queue", "-o", "json").data] == ["2", "1"]


def test_deploy_carries_evidence_waits_for_a_time_and_for_a_file(still: Served, interlock: Interlock) -> None:
    policies(still, evidence=(EvidencePolicy("ticket", EVERYTHING, "ticket", "[A-Z]+-[0-9]+"),))
    assert "EvidenceRequired" in interlock("deploy", "ledger=1.1.0", "-e", "prod").err
    ran = interlock(
        *("deploy", "search=9.9.9", "-e", "prod", "--evidence", "ticket=OPS-12", "--when-available"),
        *("--not-before", "2126-01-01T00:00Z"),
    )
    assert ran.code == 0
    shown = interlock("show", "2", "-o", "json").data
    assert (shown["evidence"], shown["not_before"]) == ({"ticket": "OPS-12"}, "2126-01-01T00:00:00.000Z")
    assert {wait["reason"] for wait in shown["waits"]} == {"NotBefore", "ArtifactMissing"}


@pytest.mark.parametrize("option", ["--evidence=ticket", "--evidence==x", "--not-before=soon", "--not-before=25:00"])
def test_what_cannot_be_meant_is_a_usage_error(still: Served, interlock: Interlock, option: str) -> None:
    ran = interlock("deploy", "ledger=1.1.0", "-e", "prod", option)
    assert (ran.code, ran.out) == (2, "")
    assert still.engine.snapshot.state.changes == {}


NOW = datetime(2026, 11, 24, 17, 0, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18:30", datetime(2026, 11, 24, 17, 30, tzinfo=UTC)),
        ("9:00", datetime(2026, 11, 25, 8, 0, tzinfo=UTC)),
        ("1h30m", datetime(2026, 11, 24, 17, 30, tzinfo=UTC)),
        ("2026-12-01T08:00Z", datetime(2026, 12, 1, 8, 0, tzinfo=UTC)),
        ("2026-12-01T08:00+02:00", datetime(2026, 12, 1, 6, 0, tzinfo=UTC)),
        ("tomorrow", None),
        ("24:00", None),
        ("9" * 400 + "d", None),
    ],
)
def test_a_time_is_what_an_operator_means(text: str, expected: datetime | None) -> None:
    assert read_moment(text, NOW) == expected


@pytest.mark.parametrize(
    "args",
    [
        ("approve", "1"),
        ("reject", "1"),
        ("hold", "1"),
        ("release", "1"),
        ("abort", "1"),
        ("retry", "1"),
        ("retry", "1", "--wait"),
        ("expedite", "1"),
        ("override", "1", "limit", "--reason", "x"),
        ("clear-bad", "ledger=1.1.0", "--reason", "x"),
    ],
)
def test_read_only_decides_nothing(still: Served, interlock: Interlock, args: tuple[str, ...]) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    still.engine.requests.clear()
    ran = interlock("--read-only", *args)
    assert (ran.code, still.engine.requests) == (1, [])
    assert still.engine.snapshot.state.changes["1"].status is Status.WAITING
