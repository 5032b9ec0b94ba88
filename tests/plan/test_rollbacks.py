"""The way back, read as stories: in reverse, as a chain, and never through another change's services."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import RequestRefused
from engine.model.change import Change, Kind, MoveState, OnFailure, Status
from engine.model.event import ChangeAccepted
from engine.model.names import InstanceId
from engine.model.request import Rollback
from engine.model.service import Service
from engine.model.wait import Reason
from engine.plan.preview import preview
from engine.plan.requests import judge
from tests.builders import World, catalog, service, world
from tests.plan.reading import order_of, reasons
from tests.plan.test_bridges import VERSIONS, knotted
from tests.plan.test_properties import compatible, may_run, play


def back(made: World, subject: str, *, to: str = "", chain: bool = False) -> Change:
    events, _ = judge(made.snapshot, Rollback("ana", subject, to, chain=chain))
    made.record(*events)
    return next(event.change for event in events if isinstance(event, ChangeAccepted))


def upgraded() -> World:
    """web 2 needs shop 2 needs ledger 2; all of them came there from 1.0, provider first."""
    made = world(
        service("web", ("shop", ">=2", ">=2")),
        service("shop", ("ledger", ">=2", ">=2")),
        service("ledger"),
        service("mail"),
    )
    for name in ("ledger", "shop", "web"):
        made.deploy(**{name: "2.0"})
        made.run()
    return made


def test_a_rollback_that_dependents_refuse_waits_and_offers_the_chain() -> None:
    made = upgraded()
    back(made, "ledger")
    assert made.settle() == []
    (wait,) = made.plan().waits
    assert wait.reason is Reason.DEPENDENT_INCOMPATIBLE
    assert wait.unblock == "interlock rollback ledger@prod --to 1.0 --chain"


def test_the_preview_shows_the_chain_dependents_first() -> None:
    found = preview(upgraded().snapshot, Rollback("ana", "ledger"))
    assert [(leg.service, leg.origin, leg.goal) for leg in found.chain] == [
        ("web", "2.0", "1.0"),
        ("shop", "2.0", "1.0"),
        ("ledger", "2.0", "1.0"),
    ]


def test_the_whole_chain_goes_back_as_one_change_dependents_first() -> None:
    made = upgraded()
    change = back(made, "ledger", chain=True)
    assert order_of(made.run()) == ["web", "shop", "ledger"]
    assert made.change(change).status is Status.SUCCEEDED
    assert made.change(change).kind is Kind.ROLLBACK


def test_a_rollback_that_nobody_refuses_has_no_chain() -> None:
    made = upgraded()
    assert preview(made.snapshot, Rollback("ana", "web")).chain == ()
    assert [item.service for item in back(made, "web", chain=True).items] == ["web"]


def test_a_chain_that_no_good_version_completes_is_refused() -> None:
    made = world(service("web", ("ledger", ">=2")), service("ledger"), running="2.0")
    made.deploy(ledger="3.0")
    made.run()
    made.see("web", "2.0")
    made.deploy(ledger="2.0")
    made.run()
    made.deploy(web="3.0")
    made.run()
    assert preview(made.snapshot, Rollback("ana", "ledger")).chain == ()
    fresh = world(service("web", ("ledger", ">=2", ">=2")), service("ledger"))
    fresh.deploy(ledger="2.0")
    fresh.run()
    fresh.see("web", "2.0").see("web", "2.0")
    with pytest.raises(RequestRefused, match="no earlier good version"):
        back(fresh, "web", chain=True)


def test_a_change_of_many_goes_back_in_reverse() -> None:
    made = world(service("web", ("ledger", ">=2", ">=2")), service("ledger"))
    change = made.deploy(web="2.0", ledger="2.0")
    assert order_of(made.run()) == ["ledger", "web"]
    back(made, change.id)
    assert order_of(made.run()) == ["web", "ledger"]


def test_a_rollback_of_a_change_whose_dependents_moved_on_offers_the_chain() -> None:
    made = upgraded()
    back(made, "1")  # the change that brought ledger 2.0
    assert made.settle() == []
    assert reasons(made) == {Reason.DEPENDENT_INCOMPATIBLE}
    assert len(preview(made.snapshot, Rollback("ana", "1")).chain) == 3


def test_an_automatic_revert_never_touches_another_changes_services() -> None:
    made = world(service("web", ("ledger", ">=2", ">=2")), service("ledger"), service("mail", ("ledger", "")))
    mine = made.deploy(OnFailure.REVERT_ALL, ledger="2.0", mail="2.0")
    for _ in range(2):
        (act,) = made.settle()
        assert act.placement.service == "ledger"
        made.finish(act)
    theirs = made.deploy(web="2.0")
    acts = made.settle()
    for act in acts:
        if act.placement.service == "web":
            made.finish(act)
    web = [act for act in made.settle() if act.placement.service == "web"]
    for act in web:
        made.finish(act)
    mail = next(act for act in acts if act.placement.service == "mail")
    made.finish(mail, MoveState.REVERTED, "bad")
    assert made.run() == []
    assert made.change(theirs).status is Status.SUCCEEDED
    waits = [wait for wait in made.plan().waits if wait.change == mine.id]
    assert Reason.DEPENDENT_INCOMPATIBLE in {wait.reason for wait in waits}
    assert made.change(mine).item("ledger").status is Status.SUCCEEDED


@settings(max_examples=100, deadline=None)
@given(knotted(), st.data(), st.integers(0, 2**32))
def test_a_chain_that_is_offered_can_be_walked_and_is_safe_all_the_way(
    services: list[Service], data: st.DataObject, seed: int
) -> None:
    made = world(*services)
    made.catalog = catalog(made.inventory, VERSIONS)
    if not compatible(made, {each.name: {"1.0"} for each in services}):
        return
    for each in services:
        made.deploy(**{each.name: data.draw(st.sampled_from(VERSIONS[1:]))})
        made.run()
    subject = data.draw(st.sampled_from([each.name for each in services]))
    found = preview(made.snapshot, Rollback("ana", subject))
    if not found.chain:
        return
    for waiting in made.state.unfinished():
        made.state.changes.pop(waiting.id)  # type: ignore[attr-defined]
    change = back(made, subject, chain=True)

    def check(now: World, flying: object) -> None:
        assert compatible(now, may_run(now)), "a version runs beside one that refuses it"

    play(made, random.Random(seed), check)
    assert made.change(change).status is Status.SUCCEEDED


def test_a_version_named_must_be_today_what_was_good_then() -> None:
    made = upgraded()
    known = {name: dict(each) for name, each in made.catalog.by_service.items()}
    made.deploy(mail="2.0")
    made.run()
    made.deploy(mail="3.0")
    made.run()
    instance = InstanceId("mail", "prod")
    good = tuple(replace(each, sha256="a" * 64) for each in made.state.instances[instance].good)
    made.state = replace(
        made.state,
        instances={**made.state.instances, instance: replace(made.state.instances[instance], good=good)},
    )
    known["mail"]["2.0"] = replace(known["mail"]["2.0"], sha256="b" * 64)
    made.catalog = replace(made.catalog, by_service=known)
    with pytest.raises(RequestRefused, match=r"ArtifactUnverified: .*mail-2.0.* was aaaaaaaaaaaa then and is bbbbbb"):
        back(made, "mail", to="2.0")
    assert back(made, "mail").items[0].goal == "2.0", "without a name the hosts still have what was good"
