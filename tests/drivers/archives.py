"""Archives made in memory: the same bytes for the same entries, honest or not."""

from __future__ import annotations

import gzip
import io
import tarfile


def tarball(entries: dict[str, bytes | tarfile.TarInfo]) -> bytes:
    """A tar.gz of files (mode 755), or of entries as given; the same bytes for the same entries."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in entries.items():
            if isinstance(content, tarfile.TarInfo):
                content.name = name
                archive.addfile(content)
            else:
                info = tarfile.TarInfo(name)
                info.size, info.mode = len(content), 0o755
                archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
