"""What must not get in: archives that leave their release, values that are shell, output that is
escape sequences. The canary file never appears."""

from __future__ import annotations

import shlex
import tarfile
from pathlib import Path

import pytest

from engine import drivers
from engine.errors import AnswerUnreadable
from engine.model.remote import Command, Reply
from tests.drivers.archives import tarball
from tests.drivers.box import CLAIM, Box, configuration, placed


def entry(kind: bytes, target: str = "", mode: int = 0o755) -> tarfile.TarInfo:
    info = tarfile.TarInfo("x")
    info.type, info.linkname, info.mode = kind, target, mode
    return info


HOSTILE: dict[str, dict[str, bytes | tarfile.TarInfo]] = {
    "dotdot": {"../canary": b"x"},
    "dotdot-inside": {"a/../../canary": b"x"},
    "absolute": {"/tmp/canary-of-interlock": b"x"},
    "link-absolute": {"l": entry(tarfile.SYMTYPE, "/etc/passwd")},
    "link-up": {"l": entry(tarfile.SYMTYPE, "../../outside")},
    "link-sideways": {"a/b": b"x", "l": entry(tarfile.SYMTYPE, "a/../../outside")},
    "link-chain": {"d": entry(tarfile.SYMTYPE, "."), "d/l": entry(tarfile.SYMTYPE, "../up")},
    "through-a-link": {"d": entry(tarfile.SYMTYPE, "e"), "d/f": b"x"},
    "hardlink-out": {"l": entry(tarfile.LNKTYPE, "../../../canary")},
    "hardlink-absolute": {"l": entry(tarfile.LNKTYPE, "/etc/passwd")},
    "device": {"d": entry(tarfile.CHRTYPE)},
    "fifo": {"d": entry(tarfile.FIFOTYPE)},
    "setuid": {"f": entry(tarfile.REGTYPE, mode=0o4755)},
    "setgid": {"f": entry(tarfile.REGTYPE, mode=0o2755)},
    "spaces": {"a b/../../../canary c": b"x"},
    "newline": {"a\n/../../canary": b"x"},
    "arrow": {"l -> x": entry(tarfile.SYMTYPE, "/etc/passwd")},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_before_anything_is_unpacked(any_box: Box, name: str) -> None:
    web = placed(any_box)
    web.claimed()
    answer = web.upload(web.artifact("1.0", tarball(HOSTILE[name])))
    assert answer.state == "refused", answer
    assert answer.detail
    assert not list(any_box.home.rglob("*canary*"))
    assert not Path("/tmp/canary-of-interlock").exists()
    assert list((web.dir / "releases").iterdir()) == []


def test_honest_links_are_unpacked(any_box: Box) -> None:
    web = placed(any_box)
    web.claimed()
    good: dict[str, bytes | tarfile.TarInfo] = {
        "bin/real": b"x",
        "bin/alias": entry(tarfile.SYMTYPE, "real"),
        "lib/up": entry(tarfile.SYMTYPE, "../bin/real"),
        "a b/c d": b"x",
    }
    assert web.upload(web.artifact("1.0", tarball(good))).state == "stored"
    assert (web.dir / "releases" / "1.0" / "lib" / "up").read_text() == "x"


@pytest.mark.parametrize("name", ["empty", "text", "cut"])
def test_what_is_no_archive_is_refused(any_box: Box, name: str) -> None:
    data = {"empty": b"", "text": b"not a tarball", "cut": tarball({"a": bytes(range(256)) * 99})[:200]}[name]
    web = placed(any_box)
    web.claimed()
    assert web.upload(web.artifact("1.0", data)).state == "refused"


def test_bytes_that_are_not_those_announced_are_refused(box: Box) -> None:
    web = placed(box)
    web.claimed()
    artifact = web.artifact("1.0")
    data = bytearray(Path(artifact.path).read_bytes())
    data[len(data) // 2] ^= 1
    Path(artifact.path).write_bytes(bytes(data))
    answer = web.upload(artifact)
    assert answer.state == "mismatch"
    assert "sha256" in answer.detail
    assert list((web.dir / "releases").iterdir()) == []


def test_a_single_file_becomes_an_executable(any_box: Box) -> None:
    web = placed(any_box, configuration(command="./web"))
    web.claimed()
    artifact = web.artifact("1.0", b"#!/bin/sh\nexec sleep 600\n", "file")
    assert web.upload(artifact).state == "stored"
    assert web.deployed("1.0", "s1").sighting().version == "1.0"


VALUES = [
    "$(touch canary)", "`touch canary`", ";touch canary", "a;touch canary", "|touch canary", "&touch canary",
    "a\ntouch canary", "-rf", "../../x", "a/../b", "'", '"', "a b", "*", "", "\x1b]0;x\x07", "a\x01", "é", "x" * 600,
]  # fmt: skip
PLACES = [
    ("stage", "version"), ("stage", "service"), ("stage", "base"), ("stage", "organization"), ("stage", "sha256"),
    ("stage", "size"), ("switch", "step"), ("switch", "configuration"), ("switch", "min_healthy_ms"),
    ("confirm", "step"), ("claim", "store"), ("claim", "engine"), ("claim", "epoch"), ("log", "lines"),
    ("upload", "kind"), ("stage", "driver"), ("withdraw", "step"),
]  # fmt: skip
EMPTY_IS_FINE = ("sha256", "kind")


@pytest.mark.parametrize(("verb", "key"), PLACES)
def test_values_that_are_not_what_they_may_be_are_refused(box: Box, verb: str, key: str) -> None:
    web = placed(box).staged("1.0")
    good = {
        "stage": drivers.stage(web.spec, CLAIM, None),
        "switch": web.switching("s1"),
        "confirm": drivers.confirm(web.spec, CLAIM, "s1"),
        "claim": drivers.claim("acme", ["interlock"], CLAIM),
        "log": drivers.service_log(web.spec, 10),
        "upload": drivers.upload(web.spec, CLAIM, web.artifact("1.0")),
        "withdraw": drivers.withdraw(web.spec, CLAIM, "w1"),
    }[verb]
    for value in VALUES:
        if not value and key in EMPTY_IS_FINE:
            continue
        args = tuple((name, value if name == key else old) for name, old in good.args)
        reply = box.run(Command(verb, args, good.stdin))
        assert reply.status == 64, (value, reply)
        assert "touch" not in reply.stderr
    assert not list(box.folder.rglob("canary"))


def test_unknown_verbs_and_arguments_are_refused(any_box: Box) -> None:
    for command in (Command("rm"), Command(""), Command("observe", (("x;y", "1"),)), Command("observe")):
        assert any_box.run(command).status == 64


def test_checks_and_variables_are_never_read_as_shell(box: Box) -> None:
    """Values with quotes and substitutions reach the service as they are."""
    value = "a 'b' \"c\" $(touch canary) `touch canary` \\ %s\nsecond line"
    web = placed(
        box, configuration(command="sh -c 'printf %s \"$ODD\" >got; exec sleep 600'", variables={"ODD": value})
    )
    web.staged("1.0").deployed("1.0", "s1")
    assert (web.dir / "releases" / "1.0" / "got").read_text() == value
    assert not list(box.folder.rglob("canary"))


def test_escape_sequences_from_a_service_go_nowhere(box: Box) -> None:
    noisy = r"printf '\033]52;c;AAAA\007\033[31mred\033[0m\302\233 plain\n'; exit 3"
    web = placed(box, configuration(command=f"sh -c {shlex.quote(noisy)}")).staged("1.0")
    answer = web.switch("s1", healthy_s=0.5, deadline_s=0.6)
    assert any(line.startswith("red") and line.endswith("lain") for line in answer.log), answer.log
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for line in (*answer.log, answer.detail) for c in line)
    shown = drivers.parse_log(box.run(drivers.service_log(web.spec, 5)))
    assert not any("\x1b" in line for line in shown)


def test_a_nul_or_an_odd_name_is_refused_before_it_is_sent(box: Box) -> None:
    for changes in ({"variables": {"A": "\0"}}, {"variables": {"A B": "x"}}, {"command": "a\0b"}):
        with pytest.raises(ValueError, match=r"NUL|environment variable"):
            placed(box, configuration(**changes)).switching("s1")


def test_a_lost_link_is_not_an_answer() -> None:
    with pytest.raises(AnswerUnreadable, match="unknown"):
        drivers.parse_switch(Reply(None, "result\thealthy\n"))


@pytest.mark.parametrize("claim", ["s ² e", "s 999999999999999 e", "s " + "9" * 400 + " e", "s -1 e", "s 1"])
def test_a_claim_that_no_engine_wrote_is_not_read(claim: str) -> None:
    with pytest.raises(AnswerUnreadable, match="a claim that cannot be read"):
        drivers.parse_observe("h", Reply(0, f"boot\tb\nclaim\t{claim}\nfree\t1\n"), [])


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999", "1" * 400, "x"])
def test_numbers_that_are_none_count_as_not_told(number: str) -> None:
    report = drivers.parse_observe("h", Reply(0, f"boot\tb\nclock\t{number}\nclaim\t\nfree\t{number}\n"), [])
    assert report.free_bytes == -1
    assert report.clock_s == 0
