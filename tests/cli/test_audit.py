"""``interlock audit``: the journal as a chain that anybody can verify, here and elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.store.sync import SyncStore
from tests.api.served import Served
from tests.cli.conftest import Interlock
from tests.store.journals import recorded


def test_everything_is_told_and_can_be_exported(still: Served, interlock: Interlock) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod", "--reason", "new totals")
    text = interlock("audit").out
    assert "ChangeAccepted" in text
    assert "new totals" in text
    exported = [json.loads(line) for line in interlock("audit", "-o", "json").out.splitlines()]
    assert [entry["seq"] for entry in exported] == list(range(1, len(exported) + 1))
    assert any(entry["by"] and entry["kind"] == "ChangeAccepted" for entry in exported)
    assert interlock("audit", "--after", "3", "-o", "json").out.count("\n") == len(exported) - 3


def test_the_chain_is_verified_from_the_engine_and_from_an_export(
    still: Served, interlock: Interlock, tmp_path: Path
) -> None:
    ran = interlock("audit", "verify")
    assert (ran.code, "are as they were written" in ran.out) == (0, True)
    head = interlock("audit", "head", "-o", "json").data
    assert f"{head['seq']}:{head['hash']}" in ran.out
    export = tmp_path / "audit.ndjson"
    export.write_text(interlock("audit", "-o", "json").out)
    assert interlock("audit", "verify", "--file", str(export), "-o", "json").data["ok"] is True


def test_what_came_from_outside_was_no_decision(still: Served, interlock: Interlock) -> None:
    interlock("deploy", "ledger=1.1.0", "-e", "prod")
    accepted = json.loads(interlock("audit", "-o", "json").out.splitlines()[-1])
    ran = interlock("audit", "replay", str(accepted["seq"]))
    assert ran.code == 0
    assert "it came from outside: nothing was decided in it" in ran.out
    assert "today's inventory: none was kept then" in ran.out
    ran = interlock("audit", "replay", "9999")
    assert (ran.code, ran.out) == (2, "")
    assert "the journal has no event 9999" in ran.err


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [('"seq": 4,', '"seq": 5,', "event 4 is missing"), ("1.0.0", "1.0.1", "is not what was written")],
)
def test_an_edited_export_names_the_event(
    still: Served, interlock: Interlock, tmp_path: Path, old: str, new: str, wrong: str
) -> None:
    export = tmp_path / "audit.ndjson"
    text = interlock("audit", "-o", "json").out
    assert old in text
    export.write_text(text.replace(old, new, 1))
    ran = interlock("audit", "verify", "--file", str(export))
    assert (ran.code, ran.out) == (1, "")
    assert "The audit does not hold" in ran.err
    assert wrong in ran.err


def test_events_without_any_hash_are_vouched_for_by_nothing(
    still: Served, interlock: Interlock, tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in interlock("audit", "-o", "json").out.splitlines()]
    export = tmp_path / "audit.ndjson"
    export.write_text("\n".join(json.dumps({**entry, "hash": None}) for entry in lines))
    ran = interlock("audit", "verify", "--file", str(export), "-o", "json")
    assert (ran.code, ran.data["ok"]) == (1, False)
    assert "no event carries a hash" in ran.err


def test_a_head_kept_elsewhere_shows_what_was_cut_off(still: Served, interlock: Interlock, tmp_path: Path) -> None:
    head = interlock("audit", "head", "-o", "json").data
    kept = f"{head['seq']}:{head['hash']}"
    lines = interlock("audit", "-o", "json").out.splitlines()
    export = tmp_path / "audit.ndjson"
    export.write_text("\n".join(lines[:-1]))
    assert interlock("audit", "verify", "--file", str(export)).code == 0
    ran = interlock("audit", "verify", "--file", str(export), "--head", kept)
    assert ran.code == 1
    assert f"there is no event {head['seq']} with hash" in ran.err
    assert interlock("audit", "verify", "--head", kept).code == 0


async def test_a_backups_journal_is_verified_as_a_file(interlock: Interlock, tmp_path: Path) -> None:
    store = SyncStore.open(tmp_path / "copy")
    await store.append(recorded(1, 2500))
    await store.close()
    ran = interlock("audit", "verify", "--file", str(tmp_path / "copy" / "journal.db"))
    assert "2500 events are as they were written" in ran.out


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("vrify",), 2, "audit takes verify, head, replay SEQ, or nothing, not 'vrify'"),
        (("verify", "--file", "nowhere"), 2, "nowhere cannot be read: No such file or directory"),
        (("replay",), 2, "audit replay takes the number of one event"),
        (("verify", "12"), 2, "audit replay takes the number of one event"),
        (("verify", "--head", "12"), 2, "--head is SEQ:HASH"),
        (("verify", "--file", "/dev/null"), 1, "there are no events in it"),
    ],
)
def test_what_is_typed_wrong(interlock: Interlock, args: tuple[str, ...], code: int, said: str) -> None:
    ran = interlock("audit", *args)
    assert ran.code == code
    assert said in ran.err


def test_a_file_that_is_no_audit(interlock: Interlock, tmp_path: Path) -> None:
    (tmp_path / "x").write_text('{"seq": 1}\n')
    ran = interlock("audit", "verify", "--file", str(tmp_path / "x"))
    assert ran.code == 1
    assert "x:1: this is no event of an audit" in ran.err
