"""Secrets on a host: in a file of their own, in the service's environment, and nowhere else."""

from __future__ import annotations

import stat
from pathlib import Path

from engine import drivers
from engine.drivers import StepResult
from engine.model.hook import SecretSource
from engine.model.inventory import Host
from engine.model.names import PlacementId
from engine.model.service import DriverName
from tests.drivers.archives import tarball
from tests.drivers.box import CLAIM, Box, Placed, configuration, eventually, placed

SENTINEL = "s3cr3t ' \" $HOME `x`\nsecond line \\ end"
SHOWS = b'#!/bin/sh\nprintf %s "$TOKEN" >"$OUT"\nexec sleep 600\n'


def with_secret(box: Box, **changes: object) -> Placed:
    configured = configuration(
        secrets={"TOKEN": SecretSource(env="ANY")}, variables={"OUT": str(box.folder / "out")}, **changes
    )
    web = placed(box, configured)
    assert web.claimed().accepted
    artifact = web.artifact("1.0", tarball({"bin/serve": SHOWS}))
    assert web.upload(artifact).state == "stored"
    return web


def switch(web: Placed, step: str, value: str = SENTINEL) -> drivers.SwitchAnswer:
    command = drivers.switch(web.spec, web.claim, step, 0.1, 5.0, 5.0, {"TOKEN": value})
    assert "s3cr3t" not in repr(command)
    return drivers.parse_switch(web.box.run(command))


def holding(folder: Path, text: str) -> list[str]:
    return sorted(
        str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and text in p.read_text("latin-1")
    )


def test_the_service_has_it_and_only_one_file_of_its_own_does(any_box: Box) -> None:
    web = with_secret(any_box)
    assert switch(web, "s1").result is StepResult.HEALTHY
    assert web.confirm("s1").result is drivers.ConfirmResult.CONFIRMED
    out = any_box.folder / "out"
    eventually(lambda: out.exists() and out.read_text() == SENTINEL)
    out.unlink()
    assert holding(any_box.home, "s3cr3t") == ["interlock/web/.interlock/configurations/s1/secrets"]
    file = web.own / "configurations" / "s1" / "secrets"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    words = [command_line(pid) for pid in any_box.processes()]
    assert not any(b"s3cr3t" in line for line in words)


def command_line(pid: int) -> bytes:
    """What ``ps`` shows of a process, nothing once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def test_a_step_that_could_not_begin_keeps_no_secret(any_box: Box) -> None:
    web = with_secret(any_box).at("9.9")
    assert switch(web, "s1").result is StepResult.UNSTAGED
    assert holding(any_box.home, "s3cr3t") == []


def test_the_files_of_older_configurations_go(box: Box) -> None:
    web = with_secret(box)
    for number in range(1, 4):
        assert switch(web, f"s{number}", f"s3cr3t {number}").result is StepResult.HEALTHY
        web.confirm(f"s{number}")
    eventually(lambda: len(holding(web.own, "s3cr3t")) == 2)


def test_systemd_reads_a_file_that_names_no_value_in_the_unit() -> None:
    configured = configuration(driver=DriverName.SYSTEMD, base="/opt/x", secrets={"TOKEN": SecretSource(file="/s")})
    host = Host("h1", "127.0.0.1", "prod", "eu-a")
    spec = drivers.expand(configured, PlacementId("web", "prod", "h1"), host, "1.0", "acme")
    text = drivers.switch(spec, CLAIM, "s", 1, 2, 3, {"TOKEN": SENTINEL}).stdin.decode()
    assert "unit\tEnvironmentFile=@SERVICE_DIR@/.interlock/configuration/secrets\n" in text
    assert 'secrets\tTOKEN="s3cr3t \' \\" \\$HOME \\`x\\`\nsecrets\tsecond line \\\\ end"\n' in text
