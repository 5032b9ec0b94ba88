"""``deploy --artifact``: the file goes to the engine before the change does."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.api.served import Served
from tests.cli.conftest import Interlock


def test_a_file_becomes_the_artifact_of_the_version(still: Served, interlock: Interlock, tmp_path: Path) -> None:
    file = tmp_path / "build.tar.zst"
    file.write_text("the bytes")
    assert interlock("deploy", "ledger=1.4.2", "-e", "prod").code == 1
    ran = interlock("deploy", "ledger=1.4.2", "-e", "prod", "--artifact", f"ledger={file}")
    assert (ran.code, ran.out) == (0, "1\n")
    kept = still.engine.snapshot.catalog.find("ledger", "1.4.2")
    assert kept is not None
    assert (kept.path, kept.kind, kept.sha256) == ("the bytes", "tar.zst", hashlib.sha256(b"the bytes").hexdigest())
    assert still.engine.snapshot.state.changes["1"].item("ledger").sha256 == kept.sha256
    file.write_text("other bytes")
    again = interlock("deploy", "ledger=1.4.2", "-e", "prod", "--artifact", f"ledger={file}")
    assert again.code == 1
    assert "new version" in again.err
    assert list(still.engine.snapshot.state.changes) == ["1"]


@pytest.mark.parametrize(
    ("given", "said"),
    [("ledger", "is not SERVICE=PATH"), ("search=x", "not among the services"), ("ledger=nowhere", "no such file")],
)
def test_what_cannot_be_meant_sends_nothing(still: Served, interlock: Interlock, given: str, said: str) -> None:
    ran = interlock("deploy", "ledger=1.1.0", "-e", "prod", "--artifact", given)
    assert ran.code == 2
    assert said in ran.err
    assert not still.engine.snapshot.state.changes
