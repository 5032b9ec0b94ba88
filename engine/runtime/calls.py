"""One call of the host script, and the one thing that can go wrong with it: no usable answer."""

from __future__ import annotations

from engine.errors import ArtifactUnreadable, TransportError, UsageError
from engine.model.inventory import Host
from engine.model.remote import Command, Reply
from engine.transport.protocol import Transport


class Lost(Exception):
    """The host gave no usable answer: what it did is not known."""


async def ask(transport: Transport, host: Host, command: Command) -> Reply:
    """The reply to one call, whose status is 0. Raises Lost for everything that is no usable
    answer, and ArtifactUnreadable if the file to send could not be opened here."""
    try:
        reply = await transport.run(host.name, command)
    except ArtifactUnreadable:
        raise
    except (TransportError, UsageError) as error:  # UsageError: a reload has taken the host away
        raise Lost(str(error)) from error
    if reply.status is None:
        raise Lost(f"the link to {host.name} was lost during {command.verb}")
    if reply.status != 0:
        said = (reply.stderr or reply.stdout).strip().splitlines()
        raise Lost(f"{host.name}: {command.verb} ended with status {reply.status}: {said[-1] if said else ''}")
    return reply
