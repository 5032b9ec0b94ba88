"""Bringing a release to a host: is it there, would it fit, and if need be its bytes.

What a host holds is named by content: what it has under any name, unpacked or in its cache, is
never sent again, and nothing is unpacked before its sha256 and every name in it were checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.drivers.fencing import placement_args
from engine.drivers.spec import PlacementSpec
from engine.drivers.wire import lines, read, read_claim, unreadable
from engine.model.observation import Claim
from engine.model.release import Artifact, Storage
from engine.model.remote import Command, Reply

UPLOAD_BYTES_PER_S = 256_000
UNPACK_BYTES_PER_S = 2_000_000
FETCH_S = 1900.0  # the script gives a transfer half an hour, and one that stands still 30 s


@dataclass(frozen=True, slots=True)
class StageAnswer:
    """``have``: the release is there (``detail`` says where it came from, if it was not there
    before); ``need``: it must be uploaded; ``mismatch``: its address serves something else;
    ``unfetched``: the host could not have it from its address, though it tried again; ``refused``: it
    cannot go there, ``detail`` says why; ``fenced``: the host obeys ``holder``."""

    state: Literal["have", "need", "mismatch", "unfetched", "refused", "fenced"]
    detail: str = ""
    holder: Claim | None = None


@dataclass(frozen=True, slots=True)
class UploadAnswer:
    """``stored``: the release is complete on the host; ``mismatch``: other bytes arrived than
    were announced, and were thrown away; otherwise as in ``StageAnswer``."""

    state: Literal["stored", "mismatch", "refused", "fenced"]
    detail: str = ""
    holder: Claim | None = None


def stage(
    spec: PlacementSpec, held: Claim, artifact: Artifact | None, storage: Storage | None = None, *, anew: bool = False
) -> Command:
    """Preflight of one placement, and its release, if it need not be sent: it is there, or in the
    host's cache, or unpacked under another name, or the host can fetch it. Without an artifact
    the release must be there already. ``anew``: what stands under its name with other content, be it
    edited or another artifact, is replaced even if it runs; it is kept aside."""
    size, sha256, kind = (artifact.size, artifact.sha256, artifact.kind) if artifact else (0, "", "")
    args = (
        *placement_args(spec, held),
        ("version", _version(spec)),
        ("user", spec.user),
        ("probe", "yes" if spec.health.http or spec.health.version else ""),
        ("size", str(size)),
        ("sha256", sha256),
        ("kind", kind),
        *_storage_args(storage or Storage()),
        *_anew_args(anew),
    )
    where = [("url", artifact.url), ("image", artifact.image)] if artifact else []
    told = [pair for pair in where if pair[1]]
    timeout_s = FETCH_S if told or spec.container else 30.0 + size / UNPACK_BYTES_PER_S
    return Command("stage", args, lines(told), timeout_s=timeout_s)


def _storage_args(storage: Storage) -> tuple[tuple[str, str], ...]:
    return (("cache_max", str(storage.cache_bytes)), ("artifact_max", str(storage.largest_bytes)))


def _anew_args(anew: bool) -> tuple[tuple[str, str], ...]:
    return (("anew", "yes"),) if anew else ()


def parse_stage(reply: Reply) -> StageAnswer:
    """Read the answer to ``stage``."""
    answer = read(reply)
    match answer.get("result"):
        case "have" | "need" | "mismatch" | "unfetched" | "refused" | "fenced" as state:
            return StageAnswer(state, answer.detail, read_claim(answer.get("holder")))
    raise unreadable(reply, "no result of staging")


def upload(
    spec: PlacementSpec, held: Claim, artifact: Artifact, storage: Storage | None = None, *, anew: bool = False
) -> Command:
    """Send the artifact's bytes: checked, unpacked aside, and renamed into place when complete.
    Repeating it, or two of them at once, ends in the same complete release."""
    args = (
        *placement_args(spec, held),
        ("version", _version(spec)),
        ("size", str(artifact.size)),
        ("sha256", artifact.sha256),
        ("kind", artifact.kind),
        *_storage_args(storage or Storage()),
        *_anew_args(anew),
    )
    timeout_s = 60.0 + artifact.size / UPLOAD_BYTES_PER_S
    return Command("upload", args, upload=artifact.path, timeout_s=timeout_s)


def parse_upload(reply: Reply) -> UploadAnswer:
    """Read the answer to ``upload``."""
    answer = read(reply)
    match answer.get("result"):
        case "stored" | "mismatch" | "refused" | "fenced" as state:
            return UploadAnswer(state, answer.detail, read_claim(answer.get("holder")))
    raise unreadable(reply, "no result of an upload")


def _version(spec: PlacementSpec) -> str:
    if not spec.version:
        raise ValueError(f"{spec.placement}: a release needs a version")
    return spec.version
