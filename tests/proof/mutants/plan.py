"""Bugs planted in the planner and in the folding of events."""

from __future__ import annotations

from tests.proof.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "consumers-are-not-asked",
        "engine/plan/sequencing/safety.py",
        "            clash = clash_of(estate, other, theirs, name, one)\n            if clash:\n",
        "            if False:\n",
        "one dependency direction is ignored: a provider moves although its consumers refuse the new version",
        "tests/plan/test_sequencing.py tests/plan/test_brakes.py tests/plan/test_properties.py",
    ),
    Mutant(
        "consumers-never-go-first",
        "engine/plan/sequencing/sequence.py",
        "        edges.append((consumer, provider, clash))\n",
        "        pass\n",
        "the order ignores that an old consumer refuses the new provider",
        "tests/plan/test_sequencing.py tests/plan/test_properties.py",
    ),
    Mutant(
        "two-steps-on-one-host",
        "engine/plan/rollouts/batch.py",
        "    if placement.host in busy:\n",
        "    if False and placement.host in busy:\n",
        "two services move on one host at once",
        "tests/plan/test_rollouts.py tests/plan/test_properties.py tests/plan/test_steps.py",
    ),
    Mutant(
        "one-too-many-down",
        "engine/plan/budget.py",
        "            if lost + 1 > limit:\n",
        "            if lost > limit:\n",
        "one placement more than the budget allows goes down",
        "tests/plan/test_budgets.py",
    ),
    Mutant(
        "window-open-at-its-end",
        "engine/plan/times/windows.py",
        "    return any(begin <= second < end for begin, end in open_in_day(policy.schedule, second // DAY_S))\n",
        "    return any(begin <= second <= end for begin, end in open_in_day(policy.schedule, second // DAY_S))\n",
        "a window is still open at the second at which it closes",
        "tests/plan/test_window_times.py",
    ),
    Mutant(
        "soaked-under-its-name",
        "engine/plan/soaking.py",
        "        and record.sha256 == sha256\n        and record.best_s",
        "        and record.best_s",
        "other content of the same version counts as soaked",
        "tests/plan/test_soaking.py",
    ),
    Mutant(
        "fenced-for-ever",
        "engine/plan/evolve/__init__.py",
        "replace(h, reach=Reach.UNKNOWN, fenced=False)",
        "replace(h, reach=Reach.UNKNOWN)",
        "a new engine takes hosts for its own that carry its predecessor's claim",
        "tests/plan/test_folding.py",
    ),
    Mutant(
        "unfenced-hosts-are-touched",
        "engine/plan/rollouts/batch.py",
        "    if not host.fenced:\n",
        "    if False:\n",
        "the fence is skipped: steps begin on hosts that do not carry this engine's claim",
        "tests/plan/test_rollouts.py tests/plan/test_steps.py tests/plan/test_properties.py",
    ),
    Mutant(
        "heals-at-first-sight",
        "engine/plan/care/healing.py",
        "        elif healing.sightings > 1:\n",
        "        elif healing.sightings > 0:\n",
        "drift is healed at its first sighting, not at the second in a row",
        "tests/plan/test_healing.py",
    ),
    Mutant(
        "half-a-stage-is-enough",
        "engine/plan/rollouts/stages.py",
        "        return bool(there) and not missing\n",
        "        return bool(there)\n",
        "a stage is over as soon as one placement of it has arrived",
        "tests/plan/test_strategies.py",
    ),
    Mutant(
        "pause-counts-against-the-deadline",
        "engine/plan/evolve/changes.py",
        "        replace(restarted(item, elapsed_s), status=Status.RUNNING, failure",
        "        replace(item, status=Status.RUNNING, failure",
        "the time that a person paused a rollout counts against its progress deadline",
        "tests/plan/test_brakes.py",
    ),
    Mutant(
        "own-approval-counts",
        "engine/plan/requests/consenting.py",
        "    if all(refusals):\n",
        "    if False:\n",
        "an approval of somebody who may not give it is taken",
        "tests/plan/test_consent.py",
    ),
)
