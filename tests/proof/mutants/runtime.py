"""Bugs planted in the loop and in what carries its steps to hosts."""

from __future__ import annotations

from tests.proof.mutants.mutant import Mutant

CRASH = "tests/crash/test_points.py"
FLEET = "tests/runtime/test_engine_on_fleet.py"

MUTANTS = (
    Mutant(
        "recorded-after-the-deed",
        "engine/runtime/engine.py",
        "        acts = decide(draft, self._at, self.plan)\n        await self._commit(draft)\n",
        "        acts = decide(draft, self._at, self.plan)\n"
        "        early = list(acts.executes.values())\n"
        "        for execute in early:\n            self._work.begin(execute)\n"
        "        acts.executes.clear()\n"
        "        await asyncio.sleep(0.5)\n"
        "        await self._commit(draft)\n",
        "steps begin before their intent is in the journal",
        f"{CRASH} -k 'commit-of-ChangeAccepted'",
    ),
    Mutant(
        "answered-before-it-is-durable",
        "engine/runtime/engine.py",
        "        acts = decide(draft, self._at, self.plan)\n        await self._commit(draft)\n",
        "        acts = decide(draft, self._at, self.plan)\n"
        "        for future, answer in answers:\n            answer_to(future, answer)\n"
        "        answers.clear()\n"
        "        await self._commit(draft)\n",
        "a request is answered before its change is in the journal",
        "tests/runtime/test_durable.py",
    ),
    Mutant(
        "claims-without-a-look",
        "engine/runtime/engine.py",
        "        epoch = 1 + max([self.snapshot.state.epoch, *epochs])\n",
        "        epoch = 1 + self.snapshot.state.epoch\n",
        "an engine takes an epoch below one that hosts have seen",
        "tests/crash/test_older_journal.py",
    ),
    Mutant(
        "fenced-without-asking",
        "engine/runtime/observer.py",
        '        if answer.accepted:\n            return True, ""\n',
        '        if True:\n            return True, ""\n',
        "a host that refused the claim is taken for claimed",
        f"{FLEET} tests/crash/test_fencing.py -k 'fenced or stale'",
    ),
    Mutant(
        "confirmed-over-the-old-connection",
        "engine/drivers/stepping.py",
        "timeout_s=15.0, fresh=True)",
        "timeout_s=15.0)",
        "the dead man's switch is confirmed over the connection from before the switch",
        "tests/drivers/test_goldens.py",
    ),
    Mutant(
        "fresh-is-the-old-one",
        "engine/transport/ssh.py",
        "await (link.renewed() if call.command.fresh else link.connection())",
        "await link.connection()",
        "a call that demands a connection of its own gets the old one",
        "tests/transport/test_contract.py -k fresh",
    ),
    Mutant(
        "done-without-a-confirmation",
        "engine/runtime/executor.py",
        "        if answer.result is StepResult.HEALTHY and not answer.confirmed:\n",
        "        if False:\n",
        "a move is done as soon as it is healthy; the host puts it back later",
        "tests/runtime/test_executor.py",
    ),
    Mutant(
        "no-answer-is-a-failure",
        "engine/runtime/executor.py",
        "        except (Lost, AnswerUnreadable) as lost:\n            return Unresolved(str(lost))\n",
        "        except (Lost, AnswerUnreadable) as lost:\n            return Ended(MoveState.FAILED, str(lost))\n",
        "a lost link counts as a failed move: unknown is taken for failed",
        "tests/runtime/test_executor.py",
    ),
    Mutant(
        "old-looks-are-believed",
        "engine/runtime/intake.py",
        '    return work.touched.get(placement, float("-inf")) >= began_s\n',
        "    return False and bool(work.touched)\n",
        "a look from before a step began overwrites what the step did",
        "tests/runtime/test_intake.py",
    ),
    Mutant(
        "unproven-artifacts-pass",
        "engine/runtime/depot.py",
        "            if is_now != artifact.sha256:\n",
        "            if False:\n",
        "an artifact of which a byte has changed is sent to hosts",
        "tests/runtime/test_depot.py",
    ),
    Mutant(
        "kept-under-another-sum",
        "engine/runtime/kept.py",
        "            if sha256 != arriving.sha256:\n",
        "            if False:\n",
        "a file that arrives with other content than announced is kept",
        "tests/runtime/test_kept.py",
    ),
    Mutant(
        "unconfirmed-is-a-failure",
        "engine/runtime/executor.py",
        "    StepResult.UNCONFIRMED: MoveState.UNCONFIRMED,\n",
        "    StepResult.UNCONFIRMED: MoveState.REVERTED,\n",
        "a switch that went back for want of a confirmation is blamed on its version",
        "tests/runtime/test_executor.py",
    ),
)
