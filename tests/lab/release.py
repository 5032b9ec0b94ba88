"""Releases of the tests' own server (``server.py``), packed as artifacts with their sums on record."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

SERVER = Path(__file__).with_name("server.py")
# Each start leaves a line on the host, so that starts can be counted there; see Witness.
START = """#!/bin/sh
release=$(dirname "$(dirname "$(readlink -f "$0")")")
echo "$(cat "$release/VERSION") $(cat /proc/sys/kernel/random/boot_id)" >>"/var/tmp/starts.$(basename "$0")"
exec python3 "$release/server.py" "$@"
"""


def write_release(folder: Path, name: str, version: str, behaviour: str = "well", padding: bytes = b"") -> Path:
    """The artifact of one release in ``folder``. ``behaviour`` is one of those that server.py
    names, or well; ``padding`` is one more file, to make it large."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}.tar.gz"
    texts = {f"bin/{name}": START, "server.py": SERVER.read_text(), "VERSION": version, "behaviour": behaviour}
    contents = {member: text.encode() for member, text in texts.items()} | ({"padding": padding} if padding else {})
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for member, content in contents.items():
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            entry.mode = 0o755 if member.startswith("bin/") else 0o644
            archive.addfile(entry, io.BytesIO(content))
    with (folder / "SHA256SUMS").open("a") as sums:
        sums.write(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    return path
