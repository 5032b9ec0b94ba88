"""A configuration as it is sent to a host: the files it is made of, as prefixed lines.

Everything that needs quoting is quoted here, in one place, for the one reader it is meant for:
the POSIX shell (``run``, ``check``) or systemd (``env``, ``unit``). The script only writes the
files down.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from types import MappingProxyType

from engine.drivers.spec import PlacementSpec
from engine.drivers.wire import lines, milliseconds
from engine.model.service import DriverName

# The script puts the service's folder on the host in its place: only the host knows $HOME.
FOLDER = "@SERVICE_DIR@"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Beside the file that is run, whose whole path is how it is called: no value is ever an argument.
_READ_SECRETS = '. "${0%/*}/secrets"\n'
_SYSTEMD_SPECIAL = re.compile(r'([\\"`$])')


def bundle(spec: PlacementSpec, secrets: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """All that a switch needs besides its arguments: how to run the service and judge it.

    ``secrets`` holds a value for each of ``spec.secrets``; they go into a file of their own.
    Raises KeyError for one that is missing.
    """
    kept = {name: secrets[name] for name in spec.secrets}
    pairs: list[tuple[str, str]] = []
    if spec.driver is DriverName.SYSTEMD:
        pairs += [("env", _systemd_environment(spec.variables)), ("run", _run(spec, "")), ("unit", unit_text(spec))]
        pairs += [("secrets", _systemd_environment(kept))] if kept else []
    else:
        pairs += [("run", _run(spec, exports(spec.variables) + (_READ_SECRETS if kept else "")))]
        pairs += [("secrets", exports(kept))] if kept else []
    pairs += check_lines(spec)
    pairs += [
        ("timeout_ms", milliseconds(spec.health.timeout_s)),
        ("interval_ms", milliseconds(spec.health.interval_s)),
        ("passes", str(max(1, spec.health.passes))),
    ]
    return lines(pairs)


def check_lines(spec: PlacementSpec) -> list[tuple[str, str]]:
    """The health check and the version URL, as the script reads them."""
    health = spec.health
    pairs: list[tuple[str, str]] = []
    if health.http:
        pairs.append(("http", _one_line(health.http, "health.http")))
    if health.tcp:
        pairs.append(("tcp", _one_line(health.tcp, "health.tcp")))
    if health.command:
        pairs.append(("check", "exec " + shlex.join(health.command)))
    if health.version:
        pairs.append(("version", _one_line(health.version, "health.version")))
    return pairs


def unit_text(spec: PlacementSpec) -> str:
    """The unit file: the user's own with Interlock's environment added, or one made from the
    command. It does not name the version, so a new release needs no daemon-reload."""
    environment = f"EnvironmentFile={FOLDER}/.interlock/configuration/env\n"
    if spec.secrets:
        environment += f"EnvironmentFile={FOLDER}/.interlock/configuration/secrets\n"
    if spec.unit:
        added = f"\n[Service]\n{environment}" if spec.variables or spec.secrets else ""
        return spec.unit.rstrip("\n") + "\n" + added
    user = f"User={spec.user}\n" if spec.user else ""
    return (
        "# Written by Interlock; changes made here are lost at the next deployment.\n"
        "[Unit]\n"
        f"Description={spec.service}\n"
        "After=network.target\n"
        "\n"
        "[Service]\n"
        "Type=simple\n"
        f"{user}"
        f"WorkingDirectory={FOLDER}/current\n"
        f"{environment}"
        f"ExecStart=/bin/sh {FOLDER}/.interlock/configuration/run\n"
        "Restart=always\n"
        "RestartSec=1\n"
        "\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n"
    )


def _run(spec: PlacementSpec, before: str) -> str:
    """The shell text that becomes the service; the shell it starts in stands in the release."""
    return f"{before}exec {spec.command}"


def exports(variables: Mapping[str, str]) -> str:
    """Shell lines that set these variables."""
    return "".join(f"export {_variable(name)}={shlex.quote(value)}\n" for name, value in sorted(variables.items()))


def _systemd_environment(variables: Mapping[str, str]) -> str:
    return "\n".join(f'{_variable(name)}="{_escape(value)}"' for name, value in sorted(variables.items()))


def _escape(value: str) -> str:
    return _SYSTEMD_SPECIAL.sub(r"\\\1", value)


def _variable(name: str) -> str:
    if not _VARIABLE.match(name):
        raise ValueError(f"{name!r} is no name of an environment variable")
    return name


def _one_line(text: str, what: str) -> str:
    if any(c.isspace() or not c.isprintable() for c in text):
        raise ValueError(f"{what} may hold no spaces or control characters")
    return text
