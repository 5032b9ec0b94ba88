"""The pure parts: routes out of an inventory, the lines sent to a shell, the learning gate."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import TransportError
from engine.model.remote import Command, Reply
from engine.transport.gate import Gate
from engine.transport.pace import backoff_s
from engine.transport.refusal import quoted
from engine.transport.remote import HostScript, lacks_script, sudo_refusal
from engine.transport.route import Route, routes_of
from engine.transport.upload import opened
from tests.transport.site import inventory_of


def test_ports_and_users_come_from_host_then_section_then_config() -> None:
    inventory = inventory_of({"a": 0, "b": 2200}, user="deploy", port=22)
    assert routes_of(inventory)["a"] == Route("a", "127.0.0.1", 22, "deploy")
    assert routes_of(inventory)["b"].port == 2200
    configured = replace(inventory, ssh=replace(inventory.ssh, config="/c"))
    assert [route.port for route in routes_of(configured).values()] == [0, 2200]


def test_a_host_may_have_a_login_and_a_key_of_its_own() -> None:
    inventory = inventory_of({"a": 0, "b": 0}, user="deploy", identity="/k", jump="b")
    hosts = {**inventory.hosts, "a": replace(inventory.hosts["a"], user="dba", identity="/db")}
    routes = routes_of(replace(inventory, hosts=hosts))
    assert (routes["a"].user, routes["a"].identity) == ("dba", "/db")
    assert (routes["b"].user, routes["b"].identity) == ("deploy", "/k")
    assert routes["a"].jump == routes["b"]


@pytest.mark.parametrize(
    ("jump", "address", "port", "user"),
    [
        ("ops@bastion.example:2222", "bastion.example", 2222, "ops"),
        ("bastion.example", "bastion.example", 22, "deploy"),
        ("ops@[2001:db8::1]:2222", "2001:db8::1", 2222, "ops"),
        ("2001:db8::1", "2001:db8::1", 22, "deploy"),
    ],
)
def test_a_jump_host_may_be_written_out(jump: str, address: str, port: int, user: str) -> None:
    route = routes_of(inventory_of({"a": 0}, user="deploy", jump=jump))["a"].jump
    assert route is not None
    assert (route.address, route.port, route.user, route.jump) == (address, port, user, None)


def test_a_jump_host_of_the_inventory_is_reached_directly_and_shared() -> None:
    routes = routes_of(inventory_of({"a": 0, "b": 0, "bastion": 2200}, jump="bastion"))
    assert routes["bastion"].jump is None
    assert routes["a"].jump == routes["b"].jump == routes["bastion"]


SHELLS = [shell for shell in ("dash", "bash", "busybox sh", "zsh", "fish", "tcsh") if shutil.which(shell.split()[0])]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_lines_work_in_any_login_shell(tmp_path: Path, shell: str) -> None:
    script = HostScript(b"printf '<%s>' \"$@\"\n", "d1")
    environment = {**os.environ, "HOME": str(tmp_path / "a home"), "XDG_CACHE_HOME": ""}

    def run(line: str, stdin: bytes = b"") -> Reply:
        done = subprocess.run(
            [*shell.split(), "-c", line], input=stdin, capture_output=True, env=environment, check=False
        )
        return Reply(done.returncode, done.stdout.decode(), done.stderr.decode())

    values = ("", "a b", "'", '"', "$HOME", "`id`", "-n", "*", "ä", "\\", "a;b", "!!")
    command = Command("verb", tuple((f"k{n}", value) for n, value in enumerate(values)))
    line = script.run_line(command, sudo=False)
    assert lacks_script(run(line))
    damaged = run(script.install_line(), script.content[:-3])
    assert damaged.status == 98
    assert lacks_script(run(line))
    assert run(script.install_line(), script.content) == Reply(0)
    assert run(line).stdout == "<verb>" + "".join(f"<k{n}={value}>" for n, value in enumerate(values))
    kept = tmp_path / "a home/.cache/interlock"
    assert [path.name for path in kept.iterdir()] == ["host-d1.sh"]
    assert kept.stat().st_mode & 0o77 == 0


def test_a_script_that_ends_with_97_itself_is_not_taken_for_a_missing_one() -> None:
    assert not lacks_script(Reply(97, "", "something else"))
    assert not lacks_script(Reply(None, "", "interlock: no host script"))


@pytest.mark.parametrize(
    ("reply", "refused"),
    [
        (Reply(1, "", "sudo: a password is required\n"), True),
        (Reply(1, "", "Sorry, user x is not allowed to execute '/bin/sh' as root on h.\n"), True),
        (Reply(127, "", "interlock: 1: exec: sudo: not found\n"), True),
        (Reply(0, "", "sudo: unable to resolve host h: Name or service not known\n"), False),
        (Reply(3, "answer\n", "sudo: unable to resolve host h\n"), False),
        (Reply(1, "", "curl: (7) refused\n"), False),
        (Reply(None, "", "sudo: a password is required\n"), False),
    ],
)
def test_what_sudo_says_is_told_from_what_the_script_says(reply: Reply, refused: bool) -> None:
    assert bool(sudo_refusal(reply)) is refused


async def test_the_gate_lets_in_as_many_as_it_learned_in_their_order() -> None:
    gate = Gate(3)
    inside: list[int] = []
    seen: list[int] = []
    together = 0

    async def pass_through(number: int) -> None:
        nonlocal together
        async with gate:
            inside.append(number)
            seen.append(number)
            together = max(together, len(inside))
            await asyncio.sleep(0)
            inside.remove(number)

    await asyncio.gather(*(pass_through(number) for number in range(9)))
    assert (seen, together) == (list(range(9)), 3)
    gate.granted()
    gate.closed()
    gate.refused()
    assert gate.limit == 1
    together = 0
    await asyncio.gather(*(pass_through(number) for number in range(9)))
    assert together == 1


async def test_whoever_gives_up_at_the_gate_takes_no_place_with_them() -> None:
    gate = Gate(1)
    async with gate:
        waiting = [asyncio.create_task(gate.__aenter__()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        await asyncio.sleep(0)
    waiting[0].cancel()  # it was given its turn and never learned of it
    await asyncio.gather(*waiting[:2], return_exceptions=True)
    await asyncio.wait_for(waiting[2], 1)


def test_waits_grow_are_jittered_and_bounded() -> None:
    assert len({backoff_s(2) for _ in range(20)}) > 10
    assert max(backoff_s(attempt) for attempt in range(60)) <= 3


def test_foreign_text_becomes_one_printable_line() -> None:
    assert quoted("a\x1b]0;x\x07\n\x9b31m b\u202e") == "a ]0;x 31m b"
    assert len(quoted("x" * 10_000)) == 300


def test_a_file_that_cannot_be_opened_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TransportError, match="cannot be sent: Is a directory"):
        opened(str(tmp_path))
