"""Artifacts that came with a request: kept whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import RequestRefused
from engine.runtime.kept import Arriving, Kept


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    """In two pieces."""
    yield data[:3]
    yield data[3:]


def arriving(data: bytes, signature: bytes = b"") -> Arriving:
    return Arriving("web", "1.0", "file", hashlib.sha256(data).hexdigest(), signature)


async def test_it_is_found_again_by_another_engine(tmp_path: Path) -> None:
    await Kept(tmp_path / "artifacts").take(arriving(b"content", b"sig"), pieces(b"content"), 100)
    (found,) = Kept(tmp_path / "artifacts").artifacts()
    assert Path(found.path).read_bytes() == b"content"
    assert Path(found.signature).read_bytes() == b"sig"
    assert (found.service, found.version, found.size, found.kind) == ("web", "1.0", 7, "file")
    await Kept(tmp_path / "artifacts").take(arriving(b"content"), pieces(b"content"), 100)
    assert len(Kept(tmp_path / "artifacts").artifacts()) == 1


@pytest.mark.parametrize("why", ["too large", "other than announced", "other than kept"])
async def test_what_is_refused_leaves_nothing(tmp_path: Path, why: str) -> None:
    kept = Kept(tmp_path / "artifacts")
    if why == "other than kept":
        await kept.take(arriving(b"first"), pieces(b"first"), 100)
    before = kept.artifacts()
    data = b"x" * 200 if why == "too large" else b"content"
    announced = arriving(b"something else" if why == "other than announced" else data)
    with pytest.raises(RequestRefused):
        await kept.take(announced, pieces(data), 100)
    assert kept.artifacts() == before
    assert not list((tmp_path / "artifacts").glob(".new*"))


async def test_what_was_kept_longest_goes_first_and_never_what_is_needed(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "artifacts")
    for number, version in enumerate(("1.0", "1.1", "1.2", "1.3")):
        await kept.take(replace(arriving(b"content"), version=version), pieces(b"content"), 100)
        os.utime(tmp_path / "artifacts" / "web" / version / "artifact", (number, number))
    await kept.collect({("web", "1.0")}, 14)
    assert [artifact.version for artifact in kept.artifacts()] == ["1.0", "1.3"]
    await kept.collect({("web", "1.0"), ("web", "1.3")}, 0)
    assert len(kept.artifacts()) == 2
