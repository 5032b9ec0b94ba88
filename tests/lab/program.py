"""Interlock itself on lab hosts: this checkout, its libraries and its interpreter, mounted there
read-only, for nothing can be fetched in the lab. They stand outside homes, which the engine's
unit hides from it.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PLACE = "/opt/engine"
_PREFIX = Path(sys.base_prefix)


def mounts() -> list[tuple[Path, str]]:
    """Folders of this machine, and where every lab host has them. Debian's own Python is in the image."""
    packages = [(PROJECT / name, f"{PLACE}/project/{name}") for name in ("engine", "console", "inventories")]
    libraries = (Path(sysconfig.get_path("purelib")), f"{PLACE}/libraries")
    return [*packages, libraries, *([] if Path("/usr") == _PREFIX else [(_PREFIX, f"{PLACE}/python")])]


def command() -> str:
    """The text of a file that is the command ``interlock`` there."""
    prefix = "/usr" if Path("/usr") == _PREFIX else f"{PLACE}/python"
    python = f"{prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    return (
        "#!/bin/sh\n"
        f"export PYTHONPATH={PLACE}/project:{PLACE}/libraries LD_LIBRARY_PATH={prefix}/lib PYTHONDONTWRITEBYTECODE=1\n"
        f'exec {python} -m console "$@"\n'
    )
