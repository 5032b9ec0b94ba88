"""A service's own last lines, fetched from its host; values of its secrets are taken out of them."""

from __future__ import annotations

from engine import drivers
from engine.errors import SecretMissing
from engine.model.inventory import Inventory
from engine.model.names import PlacementId
from engine.runtime.secret_values import Secrets, read_secrets
from engine.transport.protocol import Transport


async def last_words(transport: Transport, inventory: Inventory, placement: PlacementId, lines: int) -> tuple[str, ...]:
    """The last lines that a service wrote on its host. Raises TransportError."""
    service, host = inventory.services[placement.service], inventory.hosts[placement.host]
    spec = drivers.expand(service.configuration, placement, host, None, inventory.organization)
    written = drivers.parse_log(await transport.run(host.name, drivers.service_log(spec, lines)))
    try:
        secrets = await read_secrets(service.configuration.secrets)
    except SecretMissing:
        secrets = Secrets({})  # it cannot be known here, so it cannot be looked for
    return secrets.hide_lines(written)
