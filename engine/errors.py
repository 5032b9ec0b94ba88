"""Every error that Interlock raises on purpose, as one tree.

::

    InterlockError                 base; str(error) is a sentence for an operator
    ├── InventoryInvalid           exit 2: the inventory has errors (all of them, with places)
    ├── UsageError                 exit 2: the request makes no sense as typed
    ├── RequestRefused             exit 1: understood, and not allowed or not possible now
    │   └── RequestDenied          who asks has no role for it; says who could
    ├── EngineUnreachable          exit 3: no engine answers at that address
    ├── WaitTimedOut               exit 4: the thing waited for has not happened in time
    ├── StoreError                 the state folder cannot be used
    │   ├── StoreLocked            another engine holds it
    │   └── StoreDamaged           a file fails its check; nothing was changed
    ├── TransportError             a host could not be asked; its state is unknown, not failed
    │   ├── HostUnreachable        no connection
    │   ├── LoginRefused           the host refuses this login
    │   ├── HostKeyMismatch        the host is not who known_hosts says it is
    │   ├── DeadlinePassed         no answer in time; the command may still run there
    │   └── ArtifactUnreadable     the file to send cannot be read here; the host was not asked
    ├── SecretMissing              a secret cannot be read where the inventory says it is
    ├── AnswerUnreadable           a host answered something its driver cannot read
    └── IllegalTransition          a bug: an event that the present state does not allow

A message says what happened, where, what was kept and what to do. Exit codes are the
command line's business (console.cli); they stand here so that the tree can be read whole.
"""

from __future__ import annotations


class InterlockError(Exception):
    """Base of all errors raised on purpose; ``str()`` is a sentence for an operator."""

    exit_code = 1
    kept = False  # whether the journal holds it already, or need not


class InventoryInvalid(InterlockError):
    """The inventory has errors; ``findings`` holds one printable line for each."""

    exit_code = 2

    def __init__(self, findings: tuple[str, ...]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


class UsageError(InterlockError):
    """What was typed cannot be meant: an unknown name, a missing or malformed argument."""

    exit_code = 2


class RequestRefused(InterlockError):
    """The engine understood the request and will not do it; the message says why."""

    exit_code = 1


class RequestDenied(RequestRefused):
    """Who asks has no role for it; the message names who could."""


class EngineUnreachable(InterlockError):
    """No engine answers at the address tried."""

    exit_code = 3


class WaitTimedOut(InterlockError):
    """What ``--wait`` waited for has not happened within its limit; it goes on without us."""

    exit_code = 4


class StoreError(InterlockError):
    """The state folder cannot be used."""


class StoreLocked(StoreError):
    """Another engine works on this state folder."""


class StoreDamaged(StoreError):
    """The journal fails its check; it was left as it is."""


class TransportError(InterlockError):
    """A host could not be asked: what it does now is unknown, which is not the same as failed."""


class ArtifactUnreadable(TransportError):
    """The file to send could not be opened here: nothing was started, and the host is well."""


class HostUnreachable(TransportError):
    """No connection to the host could be made."""


class LoginRefused(TransportError):
    """The host answered and refuses this login."""


class HostKeyMismatch(TransportError):
    """The host shows another key than the one recorded: an operator's decision."""

    def __init__(self, message: str, line: str = "", file: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.file = file


class DeadlinePassed(TransportError):
    """The host did not answer in time; the command may still be running there."""


class SecretMissing(InterlockError):
    """A secret cannot be read where the inventory says it is; the message holds no value."""


class AnswerUnreadable(InterlockError):
    """A host answered something that its driver cannot read."""


class IllegalTransition(InterlockError):
    """A bug: an event that the present state does not allow. Nothing was changed."""
