"""``python -m engine``: the headless engine without the command line's comfort; the same as
``interlock engine`` for those who install only this package.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.api.exposition import parse_address
from engine.errors import InterlockError
from engine.serve import ServeOptions, serve


def main() -> int:
    """Read the options, run, and say what stopped it."""
    parser = argparse.ArgumentParser(prog="engine", description="Run the Interlock engine in the foreground.")
    parser.add_argument("-i", "--inventory", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--socket", type=Path)
    parser.add_argument("--log-format", choices=["text", "json"], default="text")
    parser.add_argument("--take-over", action="store_true")
    parser.add_argument("--exit-when-idle", action="store_true")
    parser.add_argument("--metrics", metavar="HOST:PORT", help="Serve Prometheus metrics, and nothing else, here")
    options = vars(parser.parse_args())
    try:
        address = options.pop("metrics")
        return serve(ServeOptions(**options, metrics=parse_address(address) if address else None))
    except InterlockError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
