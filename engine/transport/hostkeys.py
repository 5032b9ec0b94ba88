"""Whether a host is who it claims to be: recorded keys, host authorities, and the sentences
for an operator when neither vouches for it.

A host whose key is not recorded is refused like one whose key is wrong. Trusting a new key
is a person's decision, so every refusal shows the fingerprint that was offered.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import asyncssh

from engine.errors import HostKeyMismatch
from engine.transport.route import DEFAULT_PORT, Route

# After the algorithms of the keys on record come all others: a host that has only those is
# then refused for its key, with the fingerprint, and not for an algorithm.
HOST_KEY_ALGORITHMS = (
    "+ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"
)

UNTOUCHED = "Nothing was sent to it."


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys that vouch for one server, and the file in which more can be recorded."""

    file: str
    keys: tuple[asyncssh.SSHKey, ...]
    authorities: tuple[asyncssh.SSHKey, ...]
    revoked: tuple[asyncssh.SSHKey, ...]

    def as_known_hosts(self) -> tuple[list[asyncssh.SSHKey], list[asyncssh.SSHKey], list[asyncssh.SSHKey]]:
        """In asyncssh's form: host keys, authorities, revoked keys; never None."""
        return list(self.keys), list(self.authorities), list(self.revoked)


def trust_for(route: Route, host: str, port: int) -> Trust:
    """What is recorded of the server at ``host`` and ``port``.

    The files are read again when they have changed: a key that an operator records counts from
    the next connection on.
    Raises HostKeyMismatch if a file that the inventory names cannot be read.
    """
    file = route.known_hosts or str(Path("~/.ssh/known_hosts").expanduser())
    recorded = _read_known_hosts(route, file)
    keys, authorities, revoked, *_ = recorded.match(host, "", port if port != DEFAULT_PORT else None)
    everywhere = recorded.match(host, "", None)[2]
    return Trust(file, tuple(keys), (*authorities, *_read_authorities(route)), (*revoked, *everywhere))


def _read_known_hosts(route: Route, file: str) -> asyncssh.SSHKnownHosts:
    try:
        facts = os.stat(file)
        return _parse_known_hosts(file, facts.st_mtime_ns, facts.st_size, facts.st_ino)
    except FileNotFoundError:
        return asyncssh.import_known_hosts("")  # nothing is on record yet, and no key is good
    except (OSError, ValueError) as error:
        raise HostKeyMismatch(
            f"{route}: its host key cannot be checked: {file} cannot be read: {error}. {UNTOUCHED}"
        ) from None


@lru_cache(maxsize=4)
def _parse_known_hosts(file: str, _mtime_ns: int, _size: int, _inode: int) -> asyncssh.SSHKnownHosts:
    """The parsed file, kept while its facts stay: thousands of hosts share a file of thousands of lines."""
    return asyncssh.import_known_hosts(Path(file).read_text(encoding="utf-8", errors="replace"))


def _read_authorities(route: Route) -> tuple[asyncssh.SSHKey, ...]:
    """The keys of the inventory's ``ssh.ca``: one public key a line, with or without the
    ``@cert-authority PATTERN`` of a known_hosts file in front."""
    if not route.ca:
        return ()
    found = []
    try:
        for line in Path(route.ca).read_text(encoding="utf-8").splitlines():
            text = line.strip()
            if text.startswith("@cert-authority"):
                text = text.split(None, 2)[2]
            if text and not text.startswith("#"):
                found.append(asyncssh.import_public_key(text))
    except (OSError, ValueError, IndexError) as error:
        raise HostKeyMismatch(
            f"{route}: its host certificate cannot be checked: {route.ca} (ssh.ca) cannot be read as public keys: "
            f"{error}. {UNTOUCHED}"
        ) from None
    return tuple(found)


class Witness(asyncssh.SSHClient):
    """What one attempt at a connection went through, for the sentence if it fails."""

    def __init__(self) -> None:
        self._on_loss: Callable[[], None] | None = None
        self.key: asyncssh.SSHKey | None = None
        self.authority: asyncssh.SSHKey | None = None
        self.user = ""
        self.banner = ""
        self.lost = False

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Asked about a key that is not on record: remember it, never accept it."""
        self.key = key
        return False

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Asked about a certificate's signer that is no authority: remember it, never accept it."""
        self.authority = key
        return False

    def begin_auth(self, username: str) -> None:
        """The host key was good and the login begins."""
        self.user = username

    def auth_banner_received(self, msg: str, lang: str) -> None:
        """What the host says before it lets anyone in."""
        self.banner = msg[:2000]

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self.lost = True
        if self._on_loss is not None:
            self._on_loss()

    def on_loss(self, call: Callable[[], None]) -> None:
        """Have ``call`` called once when the connection is over, at once if it already is."""
        if self.lost:
            call()
        else:
            self._on_loss = call


def mismatch(route: Route, trust: Trust, witness: Witness, detail: str) -> HostKeyMismatch:
    """The refusal of a host whose key or certificate could not be verified; ``detail`` is
    asyncssh's phrase."""
    if witness.authority is not None:
        signers = _list(trust.authorities) or "none"
        return HostKeyMismatch(
            f"{route} shows a certificate signed by {_print(witness.authority)}, which is no authority here "
            f"(ssh.ca and {trust.file} have: {signers}). {UNTOUCHED} If that signer is yours, add it to ssh.ca."
        )
    if witness.key is None:
        return HostKeyMismatch(f"{route} could not prove who it is: {detail}. {UNTOUCHED}")
    if trust.keys:
        return HostKeyMismatch(
            f"{route} shows the host key {_print(witness.key)}, but {trust.file} records {_list(trust.keys)}. "
            f"Either the host was installed anew, or somebody else answers at its address. {UNTOUCHED} "
            f"If you know that the new key is right, replace the old line by: {_line(route, witness.key)}"
        )
    vouched = f" and it shows no certificate of {_list(trust.authorities)}" if trust.authorities else ""
    return HostKeyMismatch(
        f"{route} shows the host key {_print(witness.key)}, which is {_not_recorded(route, trust)}{vouched}. "
        f"{UNTOUCHED} Compare it with what `ssh-keygen -lf` says of /etc/ssh/ssh_host_*_key.pub on the host; "
        f"if it is the same, have `interlock doctor --trust-new` record it, or add this line to {trust.file}: "
        f"{_line(route, witness.key)}",
        "" if trust.authorities else _line(route, witness.key),
        trust.file,
    )


def _not_recorded(route: Route, trust: Trust) -> str:
    if Path(trust.file).exists():
        return f"not recorded in {trust.file}"
    return f"not recorded: {trust.file}{' (ssh.known_hosts)' if route.known_hosts else ''} does not exist"


def _print(key: asyncssh.SSHKey) -> str:
    return f"{key.get_algorithm()} {key.get_fingerprint()}"


def _list(keys: tuple[asyncssh.SSHKey, ...]) -> str:
    return ", ".join(_print(key) for key in keys)


def _line(route: Route, key: asyncssh.SSHKey) -> str:
    port = route.port or DEFAULT_PORT
    place = route.address if port == DEFAULT_PORT else f"[{route.address}]:{port}"
    kind, data, *_ = key.export_public_key("openssh").decode().split()
    return f"{place} {kind} {data}"
