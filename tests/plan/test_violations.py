"""What is broken before Interlock came: shown where it matters, and gone once it is mended."""

from __future__ import annotations

from engine.model.request import Deploy
from engine.plan.preview import preview
from engine.plan.why import why
from tests.builders import World, service, world

SAID = "checkout 1.0 needs ledger >=2 and runs beside ledger 1.0: either side may be moved to mend it"


def broken() -> World:
    return world(service("checkout", ("ledger", ">=2")), service("ledger"), service("mail"))


def test_why_tells_of_a_broken_dependency_from_either_side() -> None:
    made = broken()
    for name in ("checkout", "ledger"):
        assert SAID in why(made.snapshot, made.plan(), name).answer
    assert "needs" not in why(made.snapshot, made.plan(), "mail").answer


def test_a_preview_tells_what_is_broken_already_and_the_mending_change_is_not_held_by_it() -> None:
    made = broken()
    found = preview(made.snapshot, Deploy("ana", "prod", {"ledger": "2.0"}))
    assert [(clash.consumer, clash.provider) for clash in found.violations] == [("checkout", "ledger")]
    assert found.waits == ()


def test_once_mended_nothing_is_told() -> None:
    made = broken()
    made.deploy(ledger="2.0")
    made.run()
    assert "needs" not in why(made.snapshot, made.plan(), "checkout").answer
    assert preview(made.snapshot, Deploy("ana", "prod", {"checkout": "1.1"})).violations == ()
