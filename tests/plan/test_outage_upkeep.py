"""An outage beside host maintenance: what was stopped for the one is not stopped again for the other."""

from __future__ import annotations

from engine.model.change import Status
from engine.model.maintenance import Drain, Uncordon
from engine.model.outage import OutageBegan
from tests.builders import World
from tests.plan.asking import ask
from tests.plan.outages import NEW, in_lockstep, together


def emptied() -> World:
    """The consumer was stopped on one host for its maintenance."""
    made = in_lockstep()
    ask(made, Drain("ana", "checkout-1"))
    made.run()
    return made


def test_what_is_away_for_maintenance_is_not_stopped_again_and_comes_up_at_the_new_version() -> None:
    made = emptied()
    change = together(made, **NEW)
    ask(made, Uncordon("ana", "checkout-1"))
    made.record(OutageBegan(change.id, ("checkout", "ledger"), ("checkout",)))  # before it came back
    acts = made.run(limit=40)
    assert made.change(change).status is Status.SUCCEEDED
    stops = [act for act in acts if act.change == change.id and act.goal is None]
    assert [act.placement.host for act in stops] == ["checkout-2"]
    assert {act.goal for act in acts if act.placement.host == "checkout-1"} <= {"1.0", "2.0"}
    assert made.state.instances[change.instance(change.item("checkout"))].away == ()


def test_nothing_of_an_outage_starts_on_a_host_that_is_still_drained() -> None:
    made = emptied()
    together(made, **NEW)
    assert "checkout-1" not in [act.placement.host for act in made.run(limit=40)]
