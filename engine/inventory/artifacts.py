"""Where releases come from, how much of them hosts keep, and whose signatures they carry."""

from __future__ import annotations

import os
import re
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from engine.inventory.faults import Faults, quote
from engine.inventory.fields import Url
from engine.inventory.files import absolute
from engine.inventory.reading import Read
from engine.inventory.scalars import Text, mismatch, problem
from engine.inventory.section import Section
from engine.model.inventory import Position
from engine.model.release import Storage
from engine.model.service import ArtifactSource

_SIZE = re.compile(r"([0-9]{1,12}) ?(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)\Z", re.ASCII)
_UNITS = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
MAX_BYTES = 10**14


def _size(value: Any) -> int:
    match = _SIZE.match(value) if isinstance(value, str) else None
    if value == "0":
        return 0
    if match is None or int(match.group(1)) * _UNITS[match.group(2)] > MAX_BYTES:
        raise mismatch("0, or a size such as 500MB, 2GB or 512MiB", value)
    return int(match.group(1)) * _UNITS[match.group(2)]


Size = Annotated[
    int,
    PlainValidator(_size),
    WithJsonSchema(
        {
            "type": ["string", "integer"],
            "pattern": "^(0|[0-9]{1,12} ?(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB))$",
            "maximum": 0,
            "examples": ["500MB", "2GB", "512MiB"],
        }
    ),
]


class ArtifactEntry(Section):
    """Where releases come from: files here, or addresses that the hosts fetch from themselves."""

    path: Text = Field(default="", description="File with {version} in its name, relative to the inventory's folder")
    url: Url = Field(default="", description="Address with {version} in it, which the hosts can reach; needs sha256")
    sha256: Text = Field(default="", description="File of sums as sha256sum writes it; default: SHA256SUMS beside path")

    @model_validator(mode="after")
    def _one_source(self) -> ArtifactEntry:
        if bool(self.path) == bool(self.url):
            raise problem(f"expected exactly one of path and url, found {'both' if self.path else 'none of them'}")
        if self.url and not self.sha256:
            raise problem("expected sha256: FILE beside url; nothing is fetched whose sum is not known here")
        return self


class StorageEntry(Section):
    """What artifacts may take on hosts."""

    cache: Size = Field(default=Storage().cache_bytes, description="Of each host's base folder; 0 keeps none")
    largest: Size = Field(default=Storage().largest_bytes, description="The most that a host fetches for one release")


def make_storage(read: Read[StorageEntry], signers: str, where: Position | None, faults: Faults) -> Storage:
    """The limits, and the file of allowed signers, relative to where it is named."""
    entry = read.value
    if where is None:
        return Storage(entry.cache, entry.largest)
    path = absolute(signers, os.path.dirname(where.file))
    if not signers or not os.path.isfile(path):
        faults.add(where, "file", f"signers: expected a file in the form of ssh-keygen(1), found {quote(signers)}")
    return Storage(entry.cache, entry.largest, path)


def _shown(text: str) -> str:
    """An address without its login and its query, which may be secrets; a path as it is."""
    scheme, found, rest = text.partition("://")
    if not found:
        return text
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def make_source(service: str, entry: ArtifactEntry | None, read: Read[Any], faults: Faults) -> ArtifactSource | None:
    """The source of the service that was ``read``, its paths absolute."""
    if entry is None:
        return None
    text, folder = entry.path or entry.url, os.path.dirname(read.at("artifact").file)
    if text.count("{version}") != 1:
        key = ("artifact", "url" if entry.url else "path")
        faults.add(
            read.at(*key), "value", f"{read.name(*key)}: expected {{version}} exactly once, found {quote(_shown(text))}"
        )
    return ArtifactSource(
        path=absolute(entry.path.replace("{service}", service), folder),
        sha256=absolute(entry.sha256.replace("{service}", service), folder),
        url=entry.url.replace("{service}", service),
    )
