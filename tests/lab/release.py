"""Releases of the tests' own server (``server.py``), packed as artifacts with their sums on record."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

SERVER = Path(__file__).with_name("server.py")
START = '#!/bin/sh\nexec python3 "$(dirname "$(readlink -f "$0")")/../server.py" "$@"\n'


def write_release(folder: Path, name: str, version: str, behaviour: str = "well") -> Path:
    """The artifact of one release in ``folder``. ``behaviour``: well, failing or crashing."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}.tar.gz"
    contents = {f"bin/{name}": START, "server.py": SERVER.read_text(), "VERSION": version, "behaviour": behaviour}
    with tarfile.open(path, "w:gz") as archive:
        for member, text in contents.items():
            entry = tarfile.TarInfo(member)
            entry.size = len(text.encode())
            entry.mode = 0o755 if member.startswith("bin/") else 0o644
            archive.addfile(entry, io.BytesIO(text.encode()))
    with (folder / "SHA256SUMS").open("a") as sums:
        sums.write(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    return path
