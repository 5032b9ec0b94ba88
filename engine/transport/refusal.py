"""What went wrong between us and a host, as a sentence of our own error tree.

Everything here happened before a command was started; each sentence says so. What hosts say
of themselves is quoted without control characters: it ends on people's screens.
"""

from __future__ import annotations

import errno
import socket

import asyncssh

from engine.errors import HostUnreachable, LoginRefused, TransportError
from engine.transport.hostkeys import Trust, Witness, mismatch
from engine.transport.route import Route

NOTHING_STARTED = "Nothing was started there."


class ConnectionDropped(HostUnreachable):
    """The server took the connection and dropped it before the login was through.

    sshd does this at random under load (MaxStartups) and while it boots, so it is worth
    another try; a refused port or a missing host is not.
    """


def quoted(text: str, most: int = 300) -> str:
    """Foreign text on one line, printable, at most ``most`` characters."""
    clean = "".join(c if c.isprintable() else " " for c in text[: 4 * most])
    return " ".join(clean.split())[:most]


def refusal(route: Route, error: Exception, trust: Trust, witness: Witness, tried: str) -> TransportError:
    """The sentence for an attempt at a connection that failed with ``error``."""
    if isinstance(error, TransportError):
        return error
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return mismatch(route, trust, witness, error.reason)
    if isinstance(error, asyncssh.PermissionDenied) or _is_login_refusal(error):
        return _login_refused(route, error, witness, tried)
    if isinstance(error, asyncssh.ChannelOpenError):
        return _jump_refused(route, error)
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return HostUnreachable(
            f"{route} and the engine have no algorithm in common: {quoted(error.reason)}. {NOTHING_STARTED}"
        )
    if isinstance(error, asyncssh.Error | ConnectionError) and not isinstance(error, ConnectionRefusedError):
        return _dropped(route, error, witness)
    if isinstance(error, OSError):
        return HostUnreachable(f"{route} cannot be reached: {_phrase(error)}. {NOTHING_STARTED}")
    return HostUnreachable(f"{route} cannot be asked: {quoted(str(error))}. {NOTHING_STARTED}")


def too_slow(route: Route, within_s: float) -> HostUnreachable:
    """No connection within the time allowed."""
    through = f" through {route.jump}" if route.jump else ""
    return HostUnreachable(
        f"{route} gave no connection{through} within {within_s:g} s: the host is down, its network is, or a firewall "
        f"swallows what is sent. {NOTHING_STARTED}"
    )


def _is_login_refusal(error: Exception) -> bool:
    return isinstance(error, asyncssh.DisconnectError) and "authentication" in error.reason.lower()


def _login_refused(route: Route, error: Exception, witness: Witness, tried: str) -> LoginRefused:
    user = witness.user or route.user
    said = f" It says: {quoted(witness.banner)}." if witness.banner else ""
    reason = getattr(error, "reason", "")
    more = f" ({quoted(reason)})" if reason and not isinstance(error, asyncssh.PermissionDenied) else ""
    return LoginRefused(
        f"{route} refuses the login of {user}{more}; tried {tried}.{said} {NOTHING_STARTED} "
        f"Check that the key stands in ~{user}/.ssh/authorized_keys there and that {user} may log in."
    )


def _jump_refused(route: Route, error: asyncssh.ChannelOpenError) -> HostUnreachable:
    why = quoted(error.reason)
    if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        why += "; the jump host forbids forwarding (AllowTcpForwarding)"
    return HostUnreachable(f"{route} cannot be reached through {route.jump}: {why}. {NOTHING_STARTED}")


def _dropped(route: Route, error: Exception, witness: Witness) -> ConnectionDropped:
    said = f" It says: {quoted(witness.banner)}." if witness.banner else ""
    reason = quoted(getattr(error, "reason", "") or _phrase(error))
    if witness.user:
        return ConnectionDropped(
            f"{route} dropped the connection while {witness.user} logged in ({reason}).{said} It may still be booting, "
            f"the account may be locked or expired there, or the link was lost. {NOTHING_STARTED}"
        )
    return ConnectionDropped(
        f"{route} dropped the connection before the login ({reason}).{said} Its sshd may be busy (MaxStartups), "
        f"may refuse this address, or is no SSH server. {NOTHING_STARTED}"
    )


def _phrase(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return f"the name cannot be resolved ({error.strerror})"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens at that port"
    if isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return "there is no way to that address"
    if isinstance(error, OSError) and error.errno:
        return error.strerror or str(error)
    return str(error)
