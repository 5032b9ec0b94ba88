"""An engine as a process of its own: started, waited for, and stopped.

It is started with the same interpreter and without a terminal's process group, so that
ctrl-C in a console does not reach it. What it says goes to ``engine.log`` in its state folder.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from console.cli.session import say
from engine.api.client import Client
from engine.errors import EngineUnreachable, InterlockError, InventoryInvalid
from engine.model.text import printable

LOG_NAME = "engine.log"
START_S = 120.0  # an engine that lives may be slow: a long journal, a busy machine
SLOW_S = 10.0
STOP_S = 30.0
POLL_S = 0.05
LOG_TAIL = 8
TAIL_BYTES = 20_000


@dataclass(frozen=True)
class EngineProcess:
    """A running engine that this process started."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def stop(self) -> None:
        """Ask it to stop at the next safe point; after that, and then some, now."""
        for ask in (self.process.terminate, self.process.terminate, self.process.kill):
            if self.process.poll() is None:
                ask()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_S)
                return


def start_engine(
    inventory: Path, state: Path, address: str, *, exit_when_idle: bool, attached: bool = False
) -> EngineProcess:
    """Start an engine and return once it answers. Raises InterlockError, with the end of its
    log, if it does not come up. ``attached``: it ends when this process does, however that happens,
    for it notices that a pipe which this process holds is closed."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = state / LOG_NAME
    command = [sys.executable, "-m", "console", "engine", "-i", str(inventory), "--state", str(state)]
    command += ["--engine", address, *(["--exit-when-idle"] if exit_when_idle else [])]
    command += ["--attached"] if attached else []
    offset = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  # our own command
            command,
            stdin=subprocess.PIPE if attached else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    engine = EngineProcess(process, address, log)
    try:
        _await_answer(engine, offset)
    except BaseException:
        engine.stop()
        raise
    return engine


def _await_answer(engine: EngineProcess, offset: int) -> None:
    client = Client(engine.address, 5.0)
    begun, told = time.monotonic(), False
    while True:
        if (status := engine.process.poll()) is not None:
            words = _last_words(engine.log, offset)
            if status == InventoryInvalid.exit_code:
                raise InventoryInvalid((words,))
            raise InterlockError(
                f"The engine ended at once (exit status {status}). What it knew is kept; mend what it says and start "
                f"it again. Its log, {engine.log}, ends with:\n{words}"
            )
        try:
            client.engine()
            return
        except EngineUnreachable:
            waited_s = time.monotonic() - begun
            if waited_s > START_S:
                raise InterlockError(
                    f"The engine did not answer within {START_S:.0f} s and was stopped. What it knew is kept; if this "
                    f"machine is busy, start it again later. Its log, {engine.log}, ends with:\n"
                    f"{_last_words(engine.log, offset)}"
                ) from None
            if waited_s > SLOW_S and not told:
                told = True
                say(f"the engine does not answer yet; waiting up to {START_S:.0f} s for it (its log is {engine.log})")
            time.sleep(POLL_S)


def _last_words(log: Path, offset: int) -> str:
    with log.open("rb") as stream:
        stream.seek(max(offset, log.stat().st_size - TAIL_BYTES))
        lines = stream.read().decode(errors="replace").splitlines()
    return "\n".join(printable(line) for line in lines[-LOG_TAIL:])
