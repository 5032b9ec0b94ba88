"""Bringing a release to a host: is it there, would it fit, and if need be its bytes.

What a host holds is named by content: a release whose digest matches is never sent again, and
nothing is unpacked before its sha256 and every name in it were checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.drivers.fencing import placement_args
from engine.drivers.spec import PlacementSpec
from engine.drivers.wire import Answer, read, read_claim, unreadable
from engine.model.observation import Claim
from engine.model.release import Artifact
from engine.model.remote import Command, Reply

UPLOAD_BYTES_PER_S = 256_000


@dataclass(frozen=True, slots=True)
class StageAnswer:
    """``have``: the release is there; ``need``: it must be uploaded; ``refused``: it cannot
    go there, ``detail`` says why; ``fenced``: the host obeys ``holder``."""

    state: Literal["have", "need", "refused", "fenced"]
    detail: str = ""
    holder: Claim | None = None


@dataclass(frozen=True, slots=True)
class UploadAnswer:
    """``stored``: the release is complete on the host; otherwise as in ``StageAnswer``."""

    state: Literal["stored", "refused", "fenced"]
    detail: str = ""
    holder: Claim | None = None


def stage(spec: PlacementSpec, held: Claim, artifact: Artifact | None) -> Command:
    """Preflight of one placement, and whether its release is there. Changes nothing but
    creates the service's folders. Without an artifact the release must be there already."""
    size, sha256, kind = (artifact.size, artifact.sha256, artifact.kind) if artifact else (0, "", "")
    args = (
        *placement_args(spec, held),
        ("version", _version(spec)),
        ("user", spec.user),
        ("probe", "yes" if spec.health.http or spec.health.version else ""),
        ("size", str(size)),
        ("sha256", sha256),
        ("kind", kind),
    )
    return Command("stage", args)


def parse_stage(reply: Reply) -> StageAnswer:
    """Read the answer to ``stage``."""
    answer = read(reply)
    match answer.get("result"):
        case "have" | "need" | "refused" | "fenced" as state:
            return StageAnswer(state, _detail(answer), read_claim(answer.get("holder")))
    raise unreadable(reply, "no result of staging")


def upload(spec: PlacementSpec, held: Claim, artifact: Artifact) -> Command:
    """Send the artifact's bytes: checked, unpacked aside, and renamed into place when complete.
    Repeating it, or two of them at once, ends in the same complete release."""
    args = (
        *placement_args(spec, held),
        ("version", _version(spec)),
        ("size", str(artifact.size)),
        ("sha256", artifact.sha256),
        ("kind", artifact.kind),
    )
    timeout_s = 60.0 + artifact.size / UPLOAD_BYTES_PER_S
    return Command("upload", args, upload=artifact.path, timeout_s=timeout_s)


def parse_upload(reply: Reply) -> UploadAnswer:
    """Read the answer to ``upload``."""
    answer = read(reply)
    match answer.get("result"):
        case "stored" | "refused" | "fenced" as state:
            return UploadAnswer(state, _detail(answer), read_claim(answer.get("holder")))
    raise unreadable(reply, "no result of an upload")


def _detail(answer: Answer) -> str:
    return "; ".join(answer.all("detail"))


def _version(spec: PlacementSpec) -> str:
    if not spec.version:
        raise ValueError(f"{spec.placement}: a release needs a version")
    return spec.version
