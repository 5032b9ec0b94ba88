"""Every command with arguments that nobody should type, and with answers that no engine gives: a sentence and
one of the contract's exit codes, never a traceback, never a control character."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import click
import pytest

from console.cli.grammar import GLOBAL_NAMES
from console.cli.main import TABLE, cli
from tests.api.liar import liar
from tests.api.served import Served
from tests.cli.conftest import Interlock, Ran

CODES = {0, 1, 2, 3, 4, 130}
ROUNDS = 12
# Each of these starts something that does not end by itself, or works for long: only its refusals are tried here.
STARTS = {"console", "engine", "demo", "simulate", "watch"}
KNOWN = ["1", "ledger", "ledger@prod", "ledger=1.1.0", "prod", "prod-eu-a1", "verify", "again", "/dev/null", "json"]
HOSTILE = [
    "", " ", "-", "--", "---", "-rf", "--=", "=", "==", "@", "a=b=c", "ledger=", "=1.0", "ledger@", "@prod",
    "ledger@prod@prod",
    "\x1b]52;c;cm0gLXJm\x07", "a\nb\rc", "\u202eliam", "\udcff\udc80", "é" * 300, "x" * 5000, "$(id)",
    "`id`", "; rm -rf /",
    "../../../etc/passwd", "/proc/self/mem", "/", ".", "%s%n", "{0}", "1e999", "-1", "0", "9" * 60, "nan",
    "\u0663", "1h" * 50,
    "5x", "2026-13-45T99:99:99Z", "ssh://", "ssh://-oProxyCommand=x/y", "[", "[[", "*", "~", "=>1,<", "null", "True",
]  # fmt: skip
ODD = "--no-such-option"


def commands() -> dict[str, click.Command]:
    """Every command of the table."""
    context = click.Context(cli, info_name="interlock")
    found = {name: cli.get_command(context, name) for name in TABLE}
    return {name: command for name, command in found.items() if command is not None}


COMMANDS = commands()


def typed(chance: random.Random, command: click.Command) -> list[str]:
    """Arguments and options of the command in any number, with values of any kind."""
    words: list[str] = []
    for each in command.params:
        for _ in range(chance.choice([0, 1, 1, 2])):
            value = chance.choice(KNOWN if chance.random() < 0.3 else HOSTILE)
            if isinstance(each, click.Option):
                if each.name in GLOBAL_NAMES and chance.random() < 0.8:
                    continue  # else hardly anything would reach the engine
                name = chance.choice(each.opts)
                words += [name] if each.is_flag or each.count else [name, value]
            else:
                words.append(value)
    chance.shuffle(words)
    return [word for word in words if word not in ("-h", "--help", "-f", "--follow", "--wait", "--install")]


def is_civil(ran: Ran, words: list[str]) -> None:
    """A sentence and an exit code."""
    said = f"{words} ended with {ran.code}: {ran.err[-600:]}"
    assert ran.code in CODES, said
    assert "Traceback" not in ran.err, said
    assert "this is a bug" not in ran.err, said
    assert ran.code == 0 or ran.err.strip() or ran.out.strip(), said
    wrong = [char for char in ran.out + ran.err if not (char.isprintable() or char in "\n\t")]
    assert not wrong, (said, wrong)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_nothing_typed_ends_in_a_traceback(name: str, still: Served, interlock: Interlock) -> None:
    chance = random.Random(name)
    for _ in range(ROUNDS):
        words = [name, *typed(chance, COMMANDS[name])]
        if name in STARTS:
            words.append(ODD)
        is_civil(interlock(*words), words)
    ran = interlock(name, ODD)
    assert ran.code == 2, ran


READING = {
    "status": ["status"], "queue": ["queue"], "show": ["show", "1"], "why": ["why", "ledger@prod"], "hosts": ["hosts"],
    "history": ["history"], "graph": ["graph"], "metrics": ["metrics"], "forecast": ["forecast"], "export": ["export"],
    "accuracy": ["forecast", "--accuracy"], "audit": ["audit"], "verify": ["audit", "verify"],
    "head": ["audit", "head"],
    "plan": ["plan", "ledger=1.1.0", "-e", "prod"], "deploy": ["deploy", "ledger=1.1.0", "-e", "prod"],
    "watch": ["watch"], "logs": ["logs", "1"], "probe": ["probe"], "cancel": ["cancel", "1"],
    "approve": ["approve", "1"],
    "drain": ["drain", "prod-eu-a1"], "rollback": ["rollback", "ledger@prod"],
}  # fmt: skip
RUBBISH: list[Any] = [
    None, 7, "x", [], {}, [[]], [{}], [None], [1, 2], {"error": 1}, {"steps": [{}]}, {"change": 7, "message": []},
    [{"service": "a"}], [{"seq": "1"}], {"seq": None, "hash": 7}, {"services": [{"needs": 1}]},
]  # fmt: skip
BODIES = [json.dumps(each).encode() for each in RUBBISH] + [
    b"", b"<html>", b"\xff\xfe\x00", b"{", b'{"a":' * 3000, b"[" * 100_000,
    b"1e999", b"NaN", b'"\\ud800\\u001b]0;x\\u0007"', b"\n\n{}\n7\n",
]  # fmt: skip
HEADS = [b"", b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 500 \r\n\r\n", b"HTTP/1.1 999 x\r\ncontent-length: -4\r\n\r\n"]


@pytest.mark.parametrize("name", sorted(READING))
def test_no_answer_ends_in_a_traceback(name: str, tmp_path: Path, interlock: Interlock) -> None:
    words = READING[name]
    with liar(tmp_path / "engine.sock") as engine:
        for engine.answer in BODIES:
            for output in ([], ["-o", "json"]):
                ran = interlock(*words, *output)
                assert "bug" not in ran.err, (engine.answer[:80], ran.err)
                is_civil(ran, words)
        engine.answer = b"{}"
        for engine.head in HEADS:
            ran = interlock(*words)
            is_civil(ran, words)
            assert ran.code in (1, 3), (engine.head, ran)
