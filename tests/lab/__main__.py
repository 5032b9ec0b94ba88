"""The lab by hand: ``python -m tests.lab build | up N | list | exec I CMD... | cut I | heal I |
crash I | boot I | down``. Hosts are named by their numbers, from 1."""

from __future__ import annotations

import sys

from tests.lab.image import image
from tests.lab.machines import Lab, Machine, missing


def main(arguments: list[str]) -> int:
    """Do one thing with the lab; the exit status."""
    lab = Lab()
    match arguments:
        case _ if missing():
            print(missing(), file=sys.stderr)
            return 1
        case ["build"]:
            print(image(lab.folder))
        case ["up", count]:
            lab.up(int(count))
        case ["list"]:
            for machine in lab.machines():
                print(machine.name, machine.address)
        case ["exec", number, *command] if command:
            print(lab.exec(Machine(lab.folder, int(number)), *command), end="")
        case [("cut" | "heal" | "crash" | "boot") as verb, number]:
            getattr(lab, verb)(Machine(lab.folder, int(number)))
        case ["down"]:
            lab.down()
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
