"""A rollout batch by batch, as the console draws it: what moved together, what moves, what comes next."""

from __future__ import annotations

from engine.api.course import course_view
from engine.api.protocol import CourseView
from engine.model.change import Change, MoveState
from engine.model.request import Promote
from engine.model.service import Amount, RolloutPolicy
from engine.plan.estate import Estate
from tests.builders import World
from tests.plan.strategic import ask, spread


def course(made: World, change: Change) -> list[CourseView] | None:
    """The course of the change's only item, now."""
    known = made.change(change)
    return course_view(Estate(made.snapshot), known, known.items[0])


def told(made: World, change: Change) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Stage, state, and each batch as (state, hosts)."""
    return [
        (stage["name"], stage["state"], [(each["state"], " ".join(each["hosts"])) for each in stage["batches"]])
        for stage in course(made, change) or []
    ]


def begin(made: World, failing: str = "") -> None:
    """One batch from beginning to end."""
    made.elapsed_s += 5
    for act in made.settle():
        made.finish(act, MoveState.REVERTED if act.placement.host == failing else MoveState.DONE)


def test_canary_bake_promotion_and_batches_of_two() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), bake_s=60.0, max_parallel=Amount(2), auto_promote=False))
    change = made.deploy(web="2.0")
    begin(made)
    made.settle()
    later = [("later", "a2 b1"), ("later", "b2 c1"), ("later", "c2")]
    assert told(made, change) == [("canary", "baking", [("done", "a1")]), ("all", "ahead", later)]
    made.elapsed_s += 60
    made.settle()
    assert told(made, change)[0][1] == "promotion"
    ask(made, Promote("ana", change.id))
    made.elapsed_s += 5
    made.settle()
    now = [("now", "a2 b1"), ("next", "b2 c1"), ("later", "c2")]
    assert told(made, change) == [("canary", "done", [("done", "a1")]), ("all", "moving", now)]


def test_domains_one_after_the_other_and_nothing_is_told_twice() -> None:
    made = spread(RolloutPolicy(domain_order=("b", "a", "c"), max_parallel=Amount(1)))
    change = made.deploy(web="2.0")
    begin(made)
    made.elapsed_s += 5
    made.settle()
    assert told(made, change) == [
        ("domain b", "moving", [("done", "b1"), ("now", "b2")]),
        ("domain a", "ahead", [("later", "a1"), ("later", "a2")]),
        ("domain c", "ahead", [("later", "c1"), ("later", "c2")]),
    ]


def test_what_failed_within_max_failures_comes_again_at_the_end() -> None:
    made = spread(RolloutPolicy(max_parallel=Amount(2), max_failures=Amount(1)))
    change = made.deploy(web="2.0")
    begin(made, failing="a2")
    batches = told(made, change)[0][2]
    assert batches == [("failed", "a1 a2"), ("next", "b1 b2"), ("later", "c1 c2"), ("later", "a2")]


def test_one_that_has_not_begun_or_is_over_has_none() -> None:
    made = spread(RolloutPolicy(max_parallel=Amount(6)))
    change = made.deploy(web="2.0")
    assert course(made, change) is None
    begin(made)
    made.settle()
    assert course(made, change) is None
