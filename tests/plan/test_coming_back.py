"""What comes back to a host after its maintenance, beside what has moved on meanwhile."""

from __future__ import annotations

from engine.model.maintenance import Retire, Unretire
from engine.model.wait import Reason
from tests.builders import service, world
from tests.plan.asking import ask


def test_it_does_not_clash_with_what_has_moved_on_while_nothing_of_it_ran() -> None:
    """Found by the simulation, seed 44."""
    made = world(service("auth", hosts=["a"]), service("billing", ("auth", ">=2", ">=2"), hosts=["b"]))
    ask(made, Retire("ana", "a"))
    made.run()
    made.see("billing", "2.0")  # no auth runs that it could refuse
    ask(made, Unretire("ana", "a"))
    assert made.run() == []
    (wait,) = [wait for wait in made.plan().waits if wait.reason is Reason.DEPENDENCY_VERSION]
    assert wait.message == "billing 2.0 needs auth >=2 (when billing >=2) and would run beside auth 1.0"
