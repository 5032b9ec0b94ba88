"""What was found wrong on the way, by which test, and what guards it now; and what is left. ``make proof`` writes
it into docs/reliability.md beside what was tried.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was wrong. ``guard``: the test that would notice it now."""

    what: str
    guard: str


FOUND: dict[str, tuple[Found, ...]] = {
    "Seeded simulation": (
        Found("preferring providers between changes closed a circle of waits", "tests/plan/test_rounds.py"),
        Found(
            "seed 17: two hosts back from maintenance were taken for one rollout in two domains at once",
            "tests/simulation/test_seeds.py",
        ),
        Found(
            "what that exemption hid: a host that came back while a rollout was paused got the new version before "
            "its turn, past its canaries and its order of domains",
            "tests/plan/test_strategy_budgets.py",
        ),
        Found(
            "seed 44: what came back from maintenance clashed with what had moved on while nothing of it ran",
            "tests/plan/test_coming_back.py",
        ),
        Found("a placement that could not be put back was tried for ever", "tests/plan/test_rollouts.py"),
        Found(
            "seeds 30 and 118: changes that contradict each other waited in a circle though one of them could go",
            "tests/plan/test_contradictions.py",
        ),
    ),
    "Planted bugs": (
        Found("a new engine that trusts its predecessor's claims went unnoticed", "tests/plan/test_folding.py"),
        Found(
            "a pause of a change that counts against its progress deadline went unnoticed", "tests/plan/test_brakes.py"
        ),
        Found("other content under the version that soaked went unnoticed", "tests/plan/test_soaking.py"),
        Found("an epoch taken without asking hosts for theirs went unnoticed", "tests/crash/test_older_journal.py"),
        Found("an answer before its change is in the journal went unnoticed", "tests/runtime/test_durable.py"),
        Found("a journal that does not wait for its disk went unnoticed", "tests/store/test_synced.py"),
        Found("a check that need pass only once of twice went unnoticed", "tests/drivers/test_steps.py"),
        Found(
            "an approval that lost its digest, a time without a zone, an event told twice went unnoticed",
            "tests/api/test_exactness.py",
        ),
        Found("a stale look, believed, went unnoticed by anything quick", "tests/runtime/test_intake.py"),
        Found("blaming a version for a lost link was noticed by slow tests only", "tests/runtime/test_executor.py"),
    ),
    "Hostile people, hosts and engines": (
        Found(
            "what a host said of a step was as long as it liked, and filled the journal", "tests/drivers/test_fuzz.py"
        ),
        Found("free space of 1e999 ended `doctor` in a traceback", "tests/drivers/test_fuzz.py"),
        Found("what is no engine and answers was called a bug of the command's own", "tests/cli/test_fuzz.py"),
        Found(
            "requests that named something unknown, and denied copies of the journal, were not in the audit",
            "tests/api/test_entrance.py",
        ),
    ),
    "Host script killed and raced": (
        Found("a test of secrets broke when a process ended while it looked", "tests/drivers/test_secrets.py"),
    ),
}

LEFT: dict[str, str] = {
    "Seeded simulation": "20,000 seeds of a night are run by hand: `interlock simulate --seeds 20000`",
    "Crash at every step": "on simulated hosts; a `kill -9` on real ones is tried at ten moments (`tests/lab`)",
    "Stale engines, simulated": "the second journal is a copy: two on one folder are refused by its lock",
    "Stale engines, embedded fleet": "both engines are in one process; SIGSTOP is a closed gate before each call",
    "Planted bugs": "a table of chosen ones, not every mutation of every line",
}
