"""A service's own last lines, fetched from its host; values of its secrets are taken out of them."""

from __future__ import annotations

from engine import drivers
from engine.errors import SecretMissing
from engine.model.names import PlacementId
from engine.model.snapshot import Snapshot
from engine.plan.deployed import configuration_at
from engine.runtime.secret_values import Secrets, read_secrets
from engine.transport.protocol import Transport


async def last_words(transport: Transport, snapshot: Snapshot, placement: PlacementId, lines: int) -> tuple[str, ...]:
    """The last lines that a service wrote on its host. Raises TransportError."""
    inventory, host = snapshot.inventory, snapshot.inventory.hosts[placement.host]
    configuration = configuration_at(snapshot.state, placement) or inventory.services[placement.service].configuration
    spec = drivers.expand(configuration, placement, host, None, inventory.organization)
    written = drivers.parse_log(await transport.run(host.name, drivers.service_log(spec, lines)))
    try:
        secrets = await read_secrets(configuration.secrets)
    except SecretMissing:
        secrets = Secrets({})  # it cannot be known here, so it cannot be looked for
    return secrets.hide_lines(written)
