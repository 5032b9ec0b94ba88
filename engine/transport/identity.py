"""With what the engine proves itself to hosts: the identity file of the inventory, an agent,
or the user's own keys. Found out before a host is asked, so that a file that cannot be used
is said in those words and not as a refused login.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from engine.errors import LoginRefused
from engine.transport.route import Route


@dataclass(frozen=True, slots=True)
class Identity:
    """``tried`` names for people what is offered; ``options`` are asyncssh's."""

    tried: str
    options: dict[str, Any]


def identity_for(route: Route) -> Identity:
    """What to offer the server of ``route``.

    With an identity file only that key is offered (many servers count every key that does not
    fit as a failed login). Raises LoginRefused if the file cannot be used.
    """
    agent = os.environ.get("SSH_AUTH_SOCK") or None
    if not route.identity:
        if route.config:
            tried = f"the keys that {route.config} names" + (" and the agent's" if agent else "")
        else:
            tried = "the keys in ~/.ssh" + (" and the agent's" if agent else "")
        return Identity(tried, {"agent_path": agent})
    try:
        pairs = asyncssh.load_keypairs(route.identity, ignore_encrypted=True)
    except OSError as error:
        raise LoginRefused(
            f"{route}: the identity file {route.identity} cannot be read: {error.strerror or error}. "
            f"The host was not asked. Correct `identity:` of the ssh section or the host, or the file's permissions."
        ) from None
    except ValueError as error:
        raise LoginRefused(
            f"{route}: the identity file {route.identity} is no private key: {error}. The host was not asked. "
            f"`identity:` of the ssh section or the host must name the private key, not the .pub file."
        ) from None
    if not pairs:
        return _from_agent(route, agent)
    return Identity(f"the key {route.identity} ({_fingerprint(pairs)})", {"client_keys": pairs, "agent_path": None})


def _from_agent(route: Route, agent: str | None) -> Identity:
    """The agent's copy of an encrypted key, known by the ``.pub`` file beside it."""
    public = Path(route.identity + ".pub")
    if agent is None or not public.is_file():
        missing = "no agent runs (SSH_AUTH_SOCK is not set)" if agent is None else f"{public} is not there to name it"
        raise LoginRefused(
            f"{route}: the identity file {route.identity} is encrypted, and {missing}. The host was not asked. "
            f"Load it into an ssh-agent (`ssh-add {route.identity}`) that the engine can use, or use a key without "
            f"a passphrase that only the engine's user can read."
        )
    options = {
        "client_keys": [route.identity],
        "ignore_encrypted": True,
        "agent_path": agent,
        "agent_identities": [str(public)],
    }
    return Identity(f"the agent's key {public}", options)


def _fingerprint(pairs: Sequence[asyncssh.SSHKeyPair]) -> str:
    """As `ssh-keygen -l` writes it."""
    digest = hashlib.sha256(pairs[0].key_public_data).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
