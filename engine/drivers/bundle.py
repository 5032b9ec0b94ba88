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
from engine.errors import SecretMissing
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
    Raises KeyError for one that is missing, SecretMissing for one that a container cannot be given.
    """
    kept = {name: secrets[name] for name in spec.secrets}
    pairs = _FILES[spec.driver](spec, kept)
    pairs += check_lines(spec)
    if spec.script is not None:
        pairs.append(("apply_ms", milliseconds(spec.script.apply_timeout_s)))
    pairs += [
        ("timeout_ms", milliseconds(spec.health.timeout_s)),
        ("interval_ms", milliseconds(spec.health.interval_s)),
        ("passes", str(max(1, spec.health.passes))),
    ]
    return lines(pairs)


def _systemd_files(spec: PlacementSpec, secrets: Mapping[str, str]) -> list[tuple[str, str]]:
    pairs = [("env", _systemd_environment(spec.variables)), ("run", _run(spec, "")), ("unit", unit_text(spec))]
    return [*pairs, *([("secrets", _systemd_environment(secrets))] if secrets else [])]


def _process_files(spec: PlacementSpec, secrets: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("run", _run(spec, exports(spec.variables) + (_READ_SECRETS if secrets else ""))), *_exported(secrets)]


def _script_files(spec: PlacementSpec, secrets: Mapping[str, str]) -> list[tuple[str, str]]:
    command = f"exec {shlex.join(spec.script.apply)}" if spec.script else ""
    return [("run", _script_exports(spec) + (_READ_SECRETS if secrets else "") + command), *_exported(secrets)]


def _container_files(spec: PlacementSpec, secrets: Mapping[str, str]) -> list[tuple[str, str]]:
    """Variables and secrets in files that the runtime reads, so that no value is an argument."""
    pairs = [("run", _run_container(spec, secrets))]
    pairs += [("env", _plain(spec.variables, "environment variable"))] if spec.variables else []
    return [*pairs, *([("secrets", _plain(secrets, "secret"))] if secrets else [])]


_FILES = MappingProxyType(
    {
        DriverName.SYSTEMD: _systemd_files,
        DriverName.PROCESS: _process_files,
        DriverName.CONTAINER: _container_files,
        DriverName.SCRIPT: _script_files,
    }
)


def _exported(secrets: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("secrets", exports(secrets))] if secrets else []


def _script_exports(spec: PlacementSpec) -> str:
    own = {"INTERLOCK_SERVICE": spec.service, "INTERLOCK_ENVIRONMENT": spec.placement.environment}
    return exports({**spec.variables, **own})


def _run_container(spec: PlacementSpec, secrets: Mapping[str, str]) -> str:
    """The host fills in what it knows better: which of podman and docker, and the image that it has.

    Until it is confirmed, nothing but its own failure starts it again: a host that restarts must not
    bring up what is about to be put back.
    """
    files = [name for name, given in (("env", spec.variables), ("secrets", secrets)) if given]
    options = spec.container.options if spec.container else ()
    words = [
        *(
            [
                '"$INTERLOCK_RUNTIME"',
                "run",
                "--detach",
                "--name",
                '"$INTERLOCK_CONTAINER"',
                "--restart=on-failure",
                "--pull=never",
            ]
        ),
        *(
            f'--label "interlock.{label}=$INTERLOCK_{label.upper()}"'
            for label in ("folder", "release", "configuration")
        ),
        *(f'--env-file "${{0%/*}}/{name}"' for name in files),
        *(shlex.quote(option) for option in options),
        '"$INTERLOCK_IMAGE"',
        *(shlex.quote(word) for word in shlex.split(spec.command)),
    ]
    return "exec " + " ".join(words)


def _plain(values: Mapping[str, str], what: str) -> str:
    """NAME=VALUE lines as podman and docker read them: as they stand, each on its line."""
    for name, value in values.items():
        if "\n" in value or "\r" in value:
            raise SecretMissing(f"the {what} {name} has several lines, which no container can be given")
    return "\n".join(f"{_variable(name)}={value}" for name, value in sorted(values.items()))


def check_lines(spec: PlacementSpec) -> list[tuple[str, str]]:
    """The health check, the version URL and how a script observes, as the host script reads them."""
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
    if spec.script is not None:
        pairs.append(("observe", f"{_script_exports(spec)}exec {shlex.join(spec.script.observe)}"))
        pairs.append(("observe_ms", milliseconds(spec.script.observe_timeout_s)))
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
