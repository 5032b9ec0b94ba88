"""The root file system that all lab hosts share below their own overlays: a minimal Debian
with systemd, sshd and sudo, installed by debootstrap from this machine's own apt sources.

Made once and kept; its folder's name carries a digest of the recipe, so that a changed
recipe makes a new one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import BinaryIO

PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "iproute2",
    "procps",
    "sudo",
    "curl",
    "util-linux",
    "python3-minimal",  # for the services of tests; Interlock itself needs no Python on hosts
    "libpython3-stdlib",
    "dropbear-bin",  # another SSH server, and another userland: what variants.py makes of a host
    "busybox",
)
# What would slow a boot down, or do things at times of its own.
MASKED = (
    "console-getty.service",
    "systemd-logind.service",
    "systemd-networkd-wait-online.service",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
    "systemd-tmpfiles-clean.timer",
)
USER = "deploy"
PREPARE = f"""
set -e
useradd --create-home --shell /bin/bash {USER}
echo '{USER} ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/{USER}
chmod 440 /etc/sudoers.d/{USER}
systemctl enable systemd-networkd ssh
systemctl mask {" ".join(MASKED)}
sed -i /pam_nologin/d /etc/pam.d/sshd # else a login that comes while a host boots is refused
sed -i 's/^#*MaxStartups.*/MaxStartups 10:30:100/; s/^#*MaxSessions.*/MaxSessions 10/' /etc/ssh/sshd_config
rm -f /etc/ssh/ssh_host_* /etc/machine-id
touch /etc/machine-id
apt-get clean
"""


def image(folder: Path) -> Path:
    """The root file system below ``folder``; made first, in about 90 seconds, if it is not there.

    Raises RuntimeError, which names the log, if it cannot be made.
    """
    recipe = hashlib.sha256("\0".join((*PACKAGES, PREPARE, _suite())).encode()).hexdigest()[:12]
    root = folder / f"image-{recipe}"
    if root.exists():
        return root
    partial = folder / f"image-{recipe}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "build.log"
    with log.open("wb") as sink:
        _run(
            ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", _suite(), partial, _mirror()],
            sink,
            env={**os.environ, **_proxy()},
        )
        _run(["chroot", partial, "sh", "-c", PREPARE], sink)
    partial.rename(root)
    return root


def _run(arguments: list[object], sink: BinaryIO, env: dict[str, str] | None = None) -> None:
    command = [str(one) for one in arguments]
    done = subprocess.run(command, check=False, stdout=sink, stderr=subprocess.STDOUT, env=env)
    if done.returncode != 0:
        raise RuntimeError(f"{arguments[0]} failed with status {done.returncode}: see {sink.name}")


def _suite() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        key, _, value = line.partition("=")
        if key == "VERSION_CODENAME":
            return value.strip('"')
    raise RuntimeError("the lab needs a Debian machine: /etc/os-release has no VERSION_CODENAME")


def _mirror() -> str:
    """The repository from which this machine has its own release."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"]
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        uri, release, component = line.split()
        if release == _suite() and component == "main":
            return uri
    raise RuntimeError(f"apt has no source for {_suite()} main on this machine")


def _proxy() -> dict[str, str]:
    """apt's proxy, which debootstrap does not know of."""
    command = ["apt-config", "shell", "P", "Acquire::http::Proxy"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    proxy = shown.strip().partition("=")[2].strip("'")
    return {"http_proxy": proxy} if proxy else {}
