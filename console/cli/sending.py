"""``deploy --artifact SERVICE=PATH``: the file goes to the engine first, which keeps it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.api.client import Client
from engine.api.protocol import ArtifactView
from engine.errors import UsageError
from engine.model.text import printable

PIECE = 1 << 20


def parse_artifacts(pairs: Iterable[str], services: Mapping[str, str]) -> dict[str, Path]:
    """The files by service. Raises UsageError for a service that is not deployed here, one named
    twice, or a path that is no file."""
    found: dict[str, Path] = {}
    for pair in pairs:
        service, equals, path = pair.partition("=")
        shown = printable(pair, 100)
        if not (service and equals and path):
            raise UsageError(f"{shown!r} is not SERVICE=PATH, such as checkout=dist/checkout-2.0.0.tar.gz.")
        if service not in services or service in found:
            why = "is named twice" if service in found else "is not among the services that are deployed"
            raise UsageError(f"--artifact {shown}: {printable(service, 80)} {why}.")
        if not Path(path).is_file():
            raise UsageError(f"--artifact {shown}: there is no such file.")
        found[service] = Path(path)
    return found


def send(client: Client, services: Mapping[str, str], environment: str, files: Mapping[str, Path]) -> None:
    """Have the engine keep each file as its service's version, with the signature beside it if there
    is one. Raises UsageError for a file that cannot be read."""
    for service, path in files.items():
        try:
            with path.open("rb") as file:
                digest = hashlib.sha256()
                while piece := file.read(PIECE):
                    digest.update(piece)
                file.seek(0)
                where: ArtifactView = {"service": service, "version": services[service], "sha256": digest.hexdigest()}
                client.send_artifact(where, kind_of(path.name), environment, file, _signature(path))
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None


def kind_of(name: str) -> str:
    """How a file of that name is packed."""
    if name.endswith((".tar.gz", ".tgz")):
        return "tar.gz"
    return "tar.zst" if name.endswith((".tar.zst", ".tzst")) else "file"


def _signature(path: Path) -> str:
    file = path.with_name(f"{path.name}.sig")
    return base64.b64encode(file.read_bytes()).decode() if file.is_file() else ""
