"""The host script as root's own: sudo runs exactly it, for exactly that login, and nothing else.

In a mount namespace of its own, so that nothing of this machine is touched."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from engine.drivers import SCRIPT, inspect, install, parse_inspect, parse_install
from engine.model.remote import Reply
from engine.transport.remote import ROOT_SCRIPT, HostScript, sudo_refusal
from tests.drivers.box import Box, have

LOGIN = "games"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A folder with the script as the login has it in its cache; skips without root and sudo."""
    if os.geteuid() != 0:
        pytest.skip("installs as root")
    for tool in ("sudo", "unshare", "visudo", "setpriv"):
        have(tool)
    cache = tmp_path / "cache" / "interlock"
    cache.mkdir(parents=True)
    (cache / "host-x.sh").write_bytes(SCRIPT)
    for folder in ("libexec", "sudoers"):
        (tmp_path / folder).mkdir()
    for path in (tmp_path, *tmp_path.parents[:-2]):
        path.chmod(path.stat().st_mode | 0o055)
    return tmp_path


def run(host: Path, *lines: str) -> Reply:
    """Shell lines as root, in a namespace where what is installed goes into the test's folders."""
    mounts = [
        f"mkdir -p {Path(ROOT_SCRIPT).parent}",
        f"mount --bind {host}/libexec {Path(ROOT_SCRIPT).parent}",
        f"mount --bind {host}/sudoers /etc/sudoers.d",
    ]
    script = "\n".join(["set -e", *mounts, "set +e", *lines])
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False)
    return Reply(done.returncode, done.stdout, done.stderr)


def as_login(host: Path, verb: str, stdin: str = "") -> str:
    """What the transport has the login's shell do, with `sudo: true`."""
    line = HostScript(SCRIPT, "x").run_line(verb_of(verb), sudo=True)
    inner = f"export XDG_CACHE_HOME={host}/cache; printf %s {shlex.quote(stdin)} | {{ {line}; }}"
    return f"setpriv --reuid {LOGIN} --regid {LOGIN} --clear-groups sh -c {shlex.quote(inner)}"


def verb_of(verb: str):  # type: ignore[no-untyped-def]  # one of two commands
    return inspect([], []) if verb == "inspect" else install(LOGIN)


def installing(host: Path) -> str:
    return f"sh {host}/cache/interlock/host-x.sh install login={LOGIN} </dev/null"


def test_sudo_runs_the_script_that_was_installed_and_nothing_else(host: Path) -> None:
    done, rule = parse_install(run(host, installing(host)))
    assert done
    assert rule.startswith(f"{LOGIN} ALL=(root) NOPASSWD: sha256:")
    seen = parse_inspect(run(host, as_login(host, "inspect")))
    assert (seen.uid, seen.login) == (0, "root")
    other = run(host, f"setpriv --reuid {LOGIN} --regid {LOGIN} --clear-groups sudo -n sh -c id")
    assert other.status != 0
    assert "uid=0" not in other.stdout


def test_another_script_is_refused_until_it_is_installed_too(host: Path) -> None:
    assert parse_install(run(host, installing(host)))[0]
    script = host / "cache" / "interlock" / "host-x.sh"
    script.write_bytes(SCRIPT + b"# newer\n")
    refused = run(host, as_login(host, "inspect"))
    assert refused.status != 0
    assert sudo_refusal(refused)
    assert parse_install(run(host, installing(host)))[0]
    assert parse_inspect(run(host, as_login(host, "inspect"))).uid == 0
    assert [path.name for path in (host / "sudoers").iterdir()] == [f"interlock-{LOGIN}"], "one rule a login"


def test_what_was_tampered_with_does_not_run(host: Path) -> None:
    assert parse_install(run(host, installing(host)))[0]
    (host / "libexec" / "interlock-host").write_bytes(SCRIPT + b"id\n")
    (host / "cache" / "interlock" / "host-x.sh").write_bytes(SCRIPT + b"id\n")
    refused = run(host, as_login(host, "inspect"))
    assert refused.status != 0
    assert "uid=0" not in refused.stdout


def test_only_root_installs(box: Box) -> None:
    if os.geteuid() == 0:
        line = f"setpriv --reuid {LOGIN} --regid {LOGIN} --clear-groups sh -s install login={LOGIN}"
    else:
        line = f"sh -s install login={LOGIN}"
    done = subprocess.run(["sh", "-c", line], input=SCRIPT, capture_output=True, check=False)
    assert b"only root can install it" in done.stdout


@pytest.mark.parametrize("login", ["a b", "x;id", "-x", "$(id)", "../x"])
def test_a_login_is_a_name(login: str) -> None:
    done = subprocess.run(["sh", "-s", "install", f"login={login}"], input=SCRIPT, capture_output=True, check=False)
    assert done.returncode == 64
