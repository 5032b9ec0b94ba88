"""The sample organization's artifacts: small tar.gz files, made on first use.

The bytes are the same every time on one machine (fixed times, owners and order), so that an
artifact made anew is still the release that hosts have; they hold the path of the interpreter.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import tarfile
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

from engine.fleet.releases import ServiceReleases

FIXED_TIME = 1_700_000_000


def interpreter() -> str:
    """The Python that services run with: this one, without the virtual environment around it."""
    return os.path.realpath(sys.executable)


def contents(service: str, version: str, switches: Mapping[str, str], python: str) -> dict[str, tuple[bytes, int]]:
    """The files of one release: name -> (bytes, mode)."""
    folder = resources.files("engine.fleet.service")
    wrapper = folder.joinpath("wrapper.sh").read_text(encoding="utf-8").replace("@PYTHON@", python)
    files = {
        "NAME": (f"{service}\n".encode(), 0o644),
        "VERSION": (f"{version}\n".encode(), 0o644),
        f"bin/{service}": (wrapper.encode(), 0o755),
        "lib/server.py": (folder.joinpath("server.py").read_bytes(), 0o644),
    }
    if switches:
        lines = "".join(f"{key}={value}\n" for key, value in sorted(switches.items()))
        files["switches"] = (lines.encode(), 0o644)
    return files


def build(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    """A tar.gz of ``files`` whose bytes depend on nothing else."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=FIXED_TIME, filename="") as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for folder in sorted({str(Path(name).parent) for name in files} - {"."}):
            archive.addfile(_entry(folder, 0, 0o755, tarfile.DIRTYPE))
        for name, (data, mode) in sorted(files.items()):
            archive.addfile(_entry(name, len(data), mode, tarfile.REGTYPE), io.BytesIO(data))
    return packed.getvalue()


def _entry(name: str, size: int, mode: int, kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.type, entry.mtime = size, mode, kind, FIXED_TIME
    return entry


def write_artifacts(folder: Path, services: Iterable[ServiceReleases]) -> None:
    """Write every release of ``services`` as ``SERVICE-VERSION.tar.gz``, and ``SHA256SUMS``.

    Files that are there with the right bytes are left alone; files of others stay, with their
    lines in ``SHA256SUMS``. Raises OSError if the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    python = interpreter()
    sums = read_sums(folder / "SHA256SUMS")
    for releases in services:
        for version in releases.versions:
            name = f"{releases.service}-{version}.tar.gz"
            data = build(contents(releases.service, version, releases.switches.get(version, {}), python))
            sums[name] = hashlib.sha256(data).hexdigest()
            path = folder / name
            if not path.exists() or path.read_bytes() != data:
                _replace(path, data)
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    _replace(folder / "SHA256SUMS", lines.encode())


def read_sums(path: Path) -> dict[str, str]:
    """A sums file as name -> sha256; empty if there is none."""
    if not path.exists():
        return {}
    pairs = (line.split(maxsplit=1) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return {name.strip().lstrip("*"): digest for digest, name in pairs}


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old bytes or the new ones, never half."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)
