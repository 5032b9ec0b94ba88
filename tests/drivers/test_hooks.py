"""Hooks on a host, under every shell: run once under a name, ended in time, their output kept."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from engine import drivers
from engine.drivers import HookAnswer, HookResult
from engine.model.hook import Hook, SecretSource
from engine.model.inventory import Host
from engine.model.observation import Claim
from engine.model.remote import Command
from tests.drivers.box import Box, Placed, configuration, eventually, placed, tarball, together

HOST = Host("h1", "127.0.0.1", "prod", "eu-a")


def prepared(box: Box) -> Placed:
    web = placed(box, configuration(variables={"GREETING": "it's {host}"}, secrets={"TOKEN": SecretSource(env="T")}))
    assert web.claimed().accepted
    assert web.upload(web.artifact("1.0", tarball({"VERSION": b"1.0", "bin/serve": b"#!/bin/sh\nexec sleep 600\n"})))
    return web


def hooking(web: Placed, step: str, *words: str, timeout_s: float = 10.0, release: bool = True) -> Command:
    hook = drivers.expand_hook(Hook(words, timeout_s=timeout_s), web.spec.placement, HOST, web.spec.version)
    return drivers.hook_on_placement(web.spec, web.claim, step, hook, {"TOKEN": "s3cr3t"}, release=release)


def run(web: Placed, step: str, *words: str, **how: float) -> HookAnswer:
    return drivers.parse_hook(web.box.run(hooking(web, step, *words, **how)))  # type: ignore[arg-type]


def test_it_runs_in_the_release_with_the_services_variables(any_box: Box) -> None:
    web = prepared(any_box)
    words = 'pwd; cat VERSION; echo; echo "$GREETING $TOKEN $1"; printf "\\033[31mred\\n" >&2'
    answer = run(web, "s.pre", "sh", "-c", words, "sh", "{version} on {host}")
    assert answer.result is HookResult.DONE
    folder = web.dir / "releases" / "1.0"
    assert answer.log == (str(folder), "1.0", "it's h1 s3cr3t 1.0 on h1", "red")
    left = [path for path in any_box.home.rglob("*") if path.is_file() and "s3cr3t" in path.read_text("latin-1")]
    assert [path.name for path in left] == ["output", "result"], "what the hook itself told, and nothing else"


def test_a_name_runs_once_and_keeps_its_result(any_box: Box) -> None:
    web = prepared(any_box)
    count = any_box.folder / "count"
    words = ("sh", "-c", f"echo x >>{count}; sleep 0.2; exit 3")
    answers = together(*[lambda: run(web, "s.once", *words)] * 3)
    answers.append(run(web, "s.once", "true"))
    assert count.read_text() == "x\n"
    assert {(answer.result, answer.detail) for answer in answers} == {(HookResult.FAILED, "it ended with status 3")}  # type: ignore[attr-defined]
    assert run(web, "s.once2", "true").result is HookResult.DONE


def test_it_is_ended_with_all_that_it_started_when_its_time_is_over(any_box: Box) -> None:
    web = prepared(any_box)
    answer = run(web, "s.drain", "sh", "-c", "trap '' TERM; echo waiting; sleep 600 & sleep 600", timeout_s=0.5)
    assert answer.result is HookResult.FAILED
    assert answer.detail == "it took longer than 0.500 s and was ended"
    assert answer.log == ("waiting",)
    eventually(lambda: not any_box.processes())


def test_what_is_said_at_length_is_cut(box: Box) -> None:
    web = prepared(box)
    answer = run(web, "s.pre", "sh", "-c", "yes line | head -c 3000000; echo end")
    assert answer.result is HookResult.DONE
    assert answer.log[-1] == "end"
    assert len(answer.log) == 50
    assert (web.own / "hooks" / "s.pre" / "output").stat().st_size <= 2 * 65536


def test_a_lost_caller_never_runs_it_twice(box: Box) -> None:
    web = prepared(box)
    count = box.folder / "count"
    words = ("sh", "-c", f"echo x >>{count}; sleep 0.5")
    caller = box.start(hooking(web, "s.once", *words))
    assert caller.stdin is not None
    caller.stdin.write(hooking(web, "s.once", *words).stdin)
    caller.stdin.close()
    eventually(count.exists)
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    assert run(web, "s.once", *words).result is HookResult.DONE
    assert count.read_text() == "x\n"


@pytest.mark.parametrize("reboots", [False, True])
def test_a_killed_job_is_told_and_not_run_again(box: Box, reboots: bool) -> None:
    web = prepared(box)
    count = box.folder / "count"
    words = ("sh", "-c", f"echo x >>{count}; exec sleep 600")
    call = box.start(hooking(web, "s.once", *words))
    assert call.stdin is not None
    call.stdin.write(hooking(web, "s.once", *words).stdin)
    call.stdin.close()
    eventually(count.exists)
    if reboots:
        box.reboot("boot-2")
    else:
        box.kill(int((web.own / "hooks" / "s.once" / "job").read_text().split()[0]))
    call.wait()
    answer = run(web, "s.once", *words)
    assert answer.result is (HookResult.REBOOTED if reboots else HookResult.LOST)
    assert "not known" in answer.detail
    assert count.read_text() == "x\n"


def test_only_the_holder_of_the_claim_runs_any(box: Box) -> None:
    web = prepared(box)
    stale = replace(web, claim=Claim("store1", 0, "older"))
    assert run(stale, "s.pre", "true").result is HookResult.FENCED
    assert not list((web.own / "hooks").glob("*")) if (web.own / "hooks").exists() else True


def test_without_its_release_it_is_not_run_and_what_is_current_comes_last(box: Box) -> None:
    web = prepared(box)
    assert "release 9.9 is not on this host" in run(web.at("9.9"), "s.pre", "true").detail
    answer = run(web, "s.undrain", "pwd", release=False)
    assert answer.log == (str(web.dir),), "nothing is current: the service's folder"
    replace(web, spec=replace(web.spec, secrets=())).deployed("1.0", "s1")
    answer = run(web, "s2.undrain", "pwd", "-P", release=False)
    assert [Path(line).name for line in answer.log] == ["1.0"]


def test_elsewhere_it_has_nothing_of_the_service(box: Box) -> None:
    web = prepared(box)
    hook = Hook(("sh", "-c", 'echo "[$GREETING$TOKEN]"'))
    command = drivers.hook_elsewhere(web.spec, web.claim, "s.drain", hook)
    assert drivers.parse_hook(box.run(command)).log == ("[]",)
    assert "s3cr3t" not in command.stdin.decode()
