"""Bugs planted in the journal."""

from __future__ import annotations

from tests.proof.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "acknowledged-too-early",
        "engine/store/sqlite.py",
        "        self._wake.set()\n        await done\n",
        "        self._wake.set()\n",
        "an append returns before its events are on disk",
        "tests/store/test_crash.py tests/store/test_contract.py",
    ),
    Mutant(
        "goes-on-after-a-failed-commit",
        "engine/store/sqlite.py",
        "        if self._broken is not None:\n            raise again(self._broken)\n",
        "        self._broken = None\n",
        "after a commit that failed the store goes on with a journal whose end it does not know",
        "tests/store/test_crash.py tests/store/test_damage.py -k 'failed or whichever or full'",
    ),
    Mutant(
        "a-gap-is-written",
        "engine/store/operations.py",
        "        if recorded.seq != expected:\n            raise StoreError(\n",
        "        if recorded.seq < expected:\n            raise StoreError(\n",
        "events that leave a gap are taken",
        "tests/store/test_contract.py",
    ),
    Mutant(
        "a-gap-is-loaded",
        "engine/store/operations.py",
        "        if recorded.seq != expected:\n            raise StoreDamaged(\n",
        "        if False:\n            raise StoreDamaged(\n",
        "an engine starts on a journal in which events are missing",
        "tests/store/test_contract.py",
    ),
    Mutant(
        "half-a-transaction",
        "engine/store/operations.py",
        'by itself\n            yield ask("rollback")\n',
        'by itself\n            yield ask("commit")\n',
        "what a failed transaction had written already is kept",
        "tests/store/test_damage.py tests/store/test_crash.py",
    ),
    Mutant(
        "not-synced",
        "engine/store/opening.py",
        '    yield ask("sync_fully" if durable else "sync_never")\n',
        '    yield ask("sync_never")\n',
        "a commit returns before it is on disk: a power cut loses acknowledged events",
        "tests/store/test_synced.py",
    ),
    Mutant(
        "two-engines-on-one-folder",
        "engine/store/folder.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
        "a second engine opens the same journal",
        "tests/store/test_contract.py",
    ),
    Mutant(
        "everybody-may-read",
        "engine/store/folder.py",
        "os.open(folder / JOURNAL, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)",
        "os.open(folder / JOURNAL, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)",
        "everybody on the machine may read the journal",
        "tests/store/test_contract.py",
    ),
    Mutant(
        "the-chain-leaves-out-the-time",
        "engine/store/chain.py",
        '    text = f"{before}\\n{seq}\\n{at}\\n{float(elapsed_s)!r}',
        '    text = f"{before}\\n{seq}\\n{float(elapsed_s)!r}',
        "when something happened can be edited without a trace",
        "tests/store/test_chain.py",
    ),
    Mutant(
        "what-is-left-out-does-not-show",
        "engine/store/chain.py",
        "    if entry.seq != at.seq + 1:\n",
        "    if entry.seq <= at.seq:\n",
        "events from before the chain, or at its end, can be left out",
        "tests/store/test_chain.py",
    ),
    Mutant(
        "a-newer-journal-is-opened",
        "engine/store/opening.py",
        "    if version > known:\n",
        "    if version > known + 1_000_000:\n",
        "an engine works on a journal in a format that it does not know",
        "tests/store/test_contract.py",
    ),
    Mutant(
        "restored-and-running",
        "engine/store/restoring.py",
        "        await store.append([Recorded(last.seq + 1, datetime.now(UTC), last.elapsed_s, "
        'EnginePaused(f"restore ({by})"))])\n',
        "",
        "the engine that starts on a restored backup is not paused",
        "tests/store/test_restoring.py",
    ),
)
