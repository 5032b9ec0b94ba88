"""What a host may answer, read by the parser of every verb: rubbish, honest answers spoilt, and answers that are
only too long. Each is read, or is an ``AnswerUnreadable`` that can be shown; nothing else ever."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import pytest

from engine import drivers
from engine.drivers.observing import parse_observe
from engine.drivers.wire import MAX_DETAIL, MAX_LINE, MAX_LOG
from engine.errors import AnswerUnreadable
from engine.model.remote import Reply
from tests.drivers.test_goldens import spec

SPECS = [spec()]
ROUNDS = 400
# The parser of each verb, and a result that it knows.
PARSERS: dict[str, tuple[Callable[[Reply], object], str]] = {
    "observe": (lambda reply: parse_observe("pay-eu-a1", reply, SPECS), ""),
    "hook": (drivers.parse_hook, "done"),
    "stage": (drivers.parse_stage, "have"),
    "upload": (drivers.parse_upload, "stored"),
    "inspect": (drivers.parse_inspect, ""),
    "claim": (drivers.parse_claim, "claimed"),
    "install": (drivers.parse_install, "installed"),
    "switch": (drivers.parse_switch, "healthy"),
    "withdraw": (drivers.parse_withdraw, "withdrawn"),
    "confirm": (drivers.parse_confirm, "confirmed"),
    "verify": (lambda reply: drivers.parse_verify(reply, SPECS), ""),
    "log": (drivers.parse_log, ""),
}
# Every key that the script says, in honest combinations: what a spoilt answer begins as.
HONEST = """boot\tb1
clock\t1700000000.5
free\t1000
claim\tstore1 7 engine1
uid\t1000
login\tdeploy
kernel\tLinux 6.1
init\tsystemd
tool\tcurl
user\tcheckout
base\t/opt/interlock
folder\t/opt
writable\tyes
free\t1000
inodes\t1000
result\tRESULT
holder\tstore1 7 engine1
confirmed\tyes
detail\tit is well
log\tstarted
log\tand well
service\tcheckout
release\t2.0.0
altered\tbin/checkout
configuration\tab12
unit\trunning
health\tpassing
version\t2.0.0
sha256\tabab
restarts\t3
detail\tit is well
step\tc1-checkout-a1
"""
HOSTILE = [
    "", "\t", "\t\t", "\0", "\x1b]52;c;cm0gLXJm\x07", "\x9b31m", "\u202eliam", "\ud800", "é" * 400, "x" * 100_000, "-1",
    "nan", "1e999", "inf", "9" * 5000, "٣", "0x10", "store 1", "a b c d", "s " + "9" * 15 + " e", "\r", "\x85",
    "\u2028", "[/bold]", "{}",
]  # fmt: skip


def spoilt(chance: random.Random, result: str) -> Reply:
    """An answer: honest lines dropped, doubled, cut, shuffled, their values replaced; or nothing but rubbish."""
    lines = HONEST.replace("RESULT", result).split("\n")
    for _ in range(chance.choice([0, 1, 2, 8, 30])):
        at = chance.randrange(len(lines))
        key, _, value = lines[at].partition("\t")
        lines[at : at + 1] = chance.choice(
            [
                [],
                [lines[at]] * 2,
                [lines[chance.randrange(len(lines))], lines[at]],
                [lines[at][: chance.randint(0, len(lines[at]))]],
                [f"{key}\t{chance.choice(HOSTILE)}"],
                [f"{chance.choice(HOSTILE)}\t{value}"],
                [f"{key}\t{value}{chance.choice(HOSTILE)}"],
                [chance.choice(HOSTILE)],
            ]
        ) or [""]
    if chance.random() < 0.2:
        chance.shuffle(lines)
    if chance.random() < 0.1:
        lines = [chance.randbytes(chance.choice([1, 40, 5000])).decode("utf-8", "replace")]
    if chance.random() < 0.05:  # far more than anybody has to say
        lines += [chance.choice(["detail\t", "log\t", "claim\t", "base\t/"]) + "x" * 90] * 3000
    if chance.random() < 0.3:  # only some of it: most verbs say little
        lines = chance.sample(lines, chance.randint(0, len(lines)))
    status = chance.choice([0] * 8 + [1, 255, -9, None])
    return Reply(status, "\n".join(lines), chance.choice(HOSTILE))


def texts(value: Any) -> list[str]:
    """Every text in what was read, however deep."""
    if isinstance(value, Enum) or value is None:
        return []
    if isinstance(value, str):
        return [value]
    if is_dataclass(value):
        return [text for each in fields(value) for text in texts(getattr(value, each.name))]
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in texts(each)]
    if isinstance(value, tuple | list):
        return [text for each in value for text in texts(each)]
    return []


def test_every_parser_of_the_drivers_is_here() -> None:
    assert {name for name in dir(drivers) if name.startswith("parse_")} == {f"parse_{name}" for name in PARSERS}


@pytest.mark.parametrize("name", PARSERS)
def test_whatever_a_host_answers_is_read_or_refused(name: str) -> None:
    parse, result = PARSERS[name]
    complaints, found = [], []
    for number in range(ROUNDS):
        try:
            found.append(texts(parse(spoilt(random.Random(number), result))))
        except AnswerUnreadable as error:
            complaints.append(str(error))
        except Exception as error:
            error.add_note(f"answer {number}")
            raise
    assert [each for each in complaints if not each.isprintable() or len(each) > 1000] == []
    assert [each for read in found for each in read if not each.isprintable() or len(each) > MAX_DETAIL] == []
    if name not in ("log", "inspect"):  # their answers are shown and forgotten, the others go into the journal
        assert max(sum(map(len, each)) for each in found) < 2 * MAX_LOG * MAX_LINE
    # Answers must reach both ends: one that is never read proves little.
    assert len(complaints) > ROUNDS / 20
    assert len(found) > ROUNDS / 20
