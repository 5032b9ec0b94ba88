"""``python -m tests.console.fake_board [--play] [--calm] [--hostile] [--read-only]`` opens the console on an engine
that is none, to be looked at."""

from __future__ import annotations

import itertools
import sys
import threading

from console.tui.app import Console
from console.tui.ending import ended_by_signal
from tests.console.fake_engine import FakeEngine
from tests.console.payloads import PAYLOADS, poison
from tests.console.story import make_board


def _play(engine: FakeEngine, stop: threading.Event) -> None:
    """Lets the rollout of the board go round for ever, so that there is something to look at."""
    for tick in itertools.count():
        if stop.wait(0.5):
            return
        row = next(r for r in engine.board["status"] if r["service"] == "ledger" and r["environment"] == "prod")
        phase = ["staging", "switching", "confirming", "running"][tick % 4]
        row["placements"][2]["state"] = phase
        engine.board["changes"][0]["items"][0]["moves"][2]["phase"] = phase
        engine.say("progress", "ledger@prod/x", f"{phase} 2.5.0", log=[f"{phase}: line {tick}"])


def main() -> None:
    """Opens the console on a fake engine with the real clock."""
    board = make_board(calm="--calm" in sys.argv)
    if "--hostile" in sys.argv:
        board = poison(board, "".join(PAYLOADS))
    engine = FakeEngine(board)
    stop = threading.Event()
    if "--play" in sys.argv:
        threading.Thread(target=_play, args=(engine, stop), daemon=True).start()
    app = Console(engine.client, read_only="--read-only" in sys.argv)
    with ended_by_signal(app):
        status = app.run()
    stop.set()
    sys.exit(status)


if __name__ == "__main__":
    main()
