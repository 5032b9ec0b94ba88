"""What the command line shows of a closed window and a freeze: until when, whose, and what may go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.model.scope import Scope
from engine.model.window import Entry, Freeze, Schedule, WindowPolicy
from tests.api.served import Served
from tests.cli.conftest import Interlock

OPENS = (datetime.now(UTC) + timedelta(days=2)).date()


@pytest.fixture
def shut(still: Served) -> Served:
    """A window over production that opens on a day to come, and a freeze of the search."""
    begin = datetime.now(UTC) - timedelta(hours=1)
    schedule = Schedule((Entry(UTC, dates=((OPENS, OPENS),)),))
    window = WindowPolicy("late", schedule, Scope(environments=("prod",)), exempt=Scope(services=("search",)))
    freeze = Freeze("peak", begin, begin + timedelta(days=9), Scope(services=("search",)), reason="Black Friday")

    def policies() -> None:
        snapshot = still.engine.snapshot
        inventory = replace(snapshot.inventory, windows={"late": window}, freezes={"peak": freeze})
        still.engine.snapshot = replace(snapshot, inventory=inventory)

    still.do(policies)
    return still


def test_the_plan_in_a_closed_window_says_when_it_opens(shut: Served, interlock: Interlock) -> None:
    ran = interlock("plan", "ledger=2.0.0", "-e", "prod", "-o", "json")
    assert ran.code == 0
    (wait,) = ran.data["waits"]
    assert (wait["gate"], wait["reason"], wait["subject"]) == ("window", "WindowClosed", "ledger@prod")
    assert (wait["until"][:10], wait["owner"]) == (OPENS.isoformat(), "policies.windows.late")
    text = interlock("plan", "ledger=2.0.0", "-e", "prod").out
    assert "waits, WindowClosed (until " in text
    assert "from policies.windows.late): the window late is closed" in text


@pytest.mark.parametrize(
    ("service", "message"), [("ledger", "the window late is closed"), ("search", "the freeze peak is on: Black Friday")]
)
def test_status_and_why_name_what_holds_a_change(
    shut: Served, interlock: Interlock, service: str, message: str
) -> None:
    assert interlock("deploy", f"{service}=2.0.0", "-e", "prod").code == 0
    (row,) = interlock("status", f"{service}@prod", "-o", "json").data
    assert (row["state"], [wait["message"] for wait in row["waits"]]) == ("waiting", [message])
    assert message in interlock("why", f"{service}@prod").out
    assert message in interlock("why", "1").out
