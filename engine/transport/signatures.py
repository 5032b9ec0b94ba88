"""SSH signatures of files (SSHSIG, as ``ssh-keygen -Y sign`` makes them): whether one is by a
signer who is allowed, over this very content, and meant for Interlock.

The signature's namespace keeps what somebody signed for another purpose (a commit, a mail) from
being taken for a release. Only digests of the content are needed: with ``-O hashalg=sha256`` the
sum that the sums file gives is enough, and the content need not be here at all.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

import asyncssh
from asyncssh.sshsig import import_allowed_signers, validate_sshsig

NAMESPACE = "interlock"
MAX_BYTES = 64_000
_ARMOR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\s(.+?)\s-----END SSH SIGNATURE-----", re.DOTALL)
_MAGIC = b"SSHSIG\0\0\0\1"


def fault_of(signature: bytes, digests: Mapping[str, bytes], signers: str) -> str:
    """What is wrong with a signature, "" if nothing is. ``digests`` are those of the content, by
    the name of their algorithm; ``signers`` is the text of an allowed signers file."""
    try:
        namespace, algorithm = _head(signature)
    except ValueError:
        return "is no SSH signature"
    if namespace != NAMESPACE:
        return f"was made for the namespace {namespace!r}, not {NAMESPACE!r} (ssh-keygen -Y sign -n {NAMESPACE})"
    if algorithm not in digests:
        return f"is over a {algorithm} digest, which is not known here: sign with -O hashalg=sha256"
    try:
        allowed = import_allowed_signers(signers)
        for principal in _principals(signers):
            if validate_sshsig(digests[algorithm], signature, principal, allowed, is_hashed=True):
                return ""
    except (ValueError, binascii.Error, asyncssh.Error) as error:
        return f"cannot be checked: {error}"
    return "is not by one of the allowed signers, or not over this content"


def _head(signature: bytes) -> tuple[str, str]:
    """The namespace and the hash algorithm. Raises ValueError for what is no signature."""
    match = _ARMOR.search(signature)
    if match is None:
        raise ValueError("no armor")
    blob = base64.b64decode(b"".join(match.group(1).split()), validate=True)
    if not blob.startswith(_MAGIC):
        raise ValueError("no magic")
    fields, at = [], len(_MAGIC)
    for _ in range(4):  # public key, namespace, reserved, hash algorithm
        size = int.from_bytes(blob[at : at + 4], "big")
        if at + 4 + size > len(blob):
            raise ValueError("cut short")
        fields.append(blob[at + 4 : at + 4 + size])
        at += 4 + size
    return fields[1].decode(), fields[3].decode()


def _principals(signers: str) -> list[str]:
    """Everybody who is named; a pattern stands for anybody."""
    names: dict[str, None] = {}
    for line in signers.splitlines():
        words = line.split(None, 1)
        if words and not words[0].startswith("#"):
            for name in words[0].split(","):
                if not name.startswith("!"):
                    names[NAMESPACE if set(name) & set("*?") else name] = None
    return list(names)
