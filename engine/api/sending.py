"""The route by which a release comes with a request: the file itself, kept by the engine."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from fastapi import APIRouter, Request

from engine.api import naming
from engine.api.peer import actor
from engine.api.problems import Reply
from engine.api.protocol import ArtifactView
from engine.api.reading import port_of
from engine.errors import RequestDenied, RequestRefused, UsageError
from engine.model.request import Deploy
from engine.model.version import is_safe, problem_with
from engine.plan.estate import Estate
from engine.plan.people.authority import forbidden
from engine.runtime.kept import Arriving

router = APIRouter(prefix="/v1", tags=["ask"])
KINDS = ("tar.gz", "tar.zst", "file")
SIGNATURE = "x-interlock-signature"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@router.put("/artifacts/{service}/{version}", response_model=ArtifactView)
async def keep(request: Request, service: str, version: str, sha256: str, kind: str, environment: str = "") -> Any:
    """Keep a file as the artifact of a version: the body is its bytes. Whoever may deploy the service
    may send it. The same content may be sent again; other content under the same version is refused."""
    port = port_of(request)
    await port.refresh_catalog()
    inventory = port.snapshot.inventory
    naming.service(inventory, service)
    scheme = inventory.services[service].scheme
    if kind not in KINDS or not _SHA256.match(sha256) or not is_safe(version) or problem_with(scheme, version):
        raise UsageError(f"an artifact needs a version, a sha256, and a kind among {', '.join(KINDS)}.")
    wanted = Deploy(actor(request), naming.environment(inventory, environment), {service: version})
    refusal = forbidden(Estate(port.snapshot), wanted)
    if refusal:
        raise RequestDenied(refusal)
    known = port.snapshot.catalog.find(service, version)
    if known is not None and known.is_marker:
        raise RequestRefused(
            f"{service} takes no artifacts: its releases are images, or what its script knows. "
            "Leave --artifact out; nothing was kept"
        )
    if known is not None and known.sha256 and known.sha256 != sha256:
        raise RequestRefused(
            f"{service} {version} is known already with other content ({known.place}, sha256 {known.sha256[:12]}...): "
            "give the new content a new version. Nothing was kept"
        )
    await port.keep_artifact(Arriving(service, version, kind, sha256, _signature(request)), request.stream())
    await port.refresh_catalog()
    view: ArtifactView = {"service": service, "version": version, "sha256": sha256}
    return Reply(view)


def _signature(request: Request) -> bytes:
    try:
        return base64.b64decode(request.headers.get(SIGNATURE, ""), validate=True)
    except binascii.Error:
        raise UsageError("the signature is not base64.") from None
