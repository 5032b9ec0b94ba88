"""``interlock metrics``: the DORA figures as a table and as JSON."""

from __future__ import annotations

from tests.api.served import Served
from tests.cli.conftest import Interlock


def test_metrics_tell_what_was_deployed(engine: Served, interlock: Interlock) -> None:
    assert interlock("metrics").out == "nothing was deployed in prod, the last 30 days\n"
    assert interlock("deploy", "ledger=1.1.0", "-e", "prod", "--wait").code == 0
    lines = interlock("metrics", "--services", "--days", "2").out.splitlines()
    assert lines[0] == "prod, the last 2 days"
    assert [line.split()[0] for line in lines[3:]] == ["team", "ledger", "all"]
    assert lines[-1].split()[1:3] == ["1", "0.50"]
    data = interlock("metrics", "-o", "json").data
    assert data["all"]["deployments"] == 1
    assert interlock("metrics", "-e", "mars").code == 2
    assert interlock("metrics", "--days", "0").code == 2
