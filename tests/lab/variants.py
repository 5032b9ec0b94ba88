"""Hosts that are not what one is used to: each turns a lab host into one, and it stays so until
``restore``. The commands run on the host as root.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from tests.lab.estate import Estate

# sshd as hardening guides have it; restarted, not reloaded, so that what was open is gone too.
HARDENED = r"""
cat >/etc/ssh/sshd_config.d/lab.conf <<X
MaxSessions 2
MaxStartups 2
AllowTcpForwarding no
AllowStreamLocalForwarding no
X11Forwarding no
PermitRootLogin no
PasswordAuthentication no
X
sed -i 's/^Subsystem/#Subsystem/; s/^Max/#Max/' /etc/ssh/sshd_config
systemctl restart ssh
"""
DROPBEAR = r"""
systemctl disable --now --quiet ssh
mkdir -p /etc/dropbear
dropbearconvert openssh dropbear /etc/ssh/ssh_host_ed25519_key /etc/dropbear/dropbear_ed25519_host_key
systemd-run --quiet --unit=dropbear dropbear -F -E -s -r /etc/dropbear/dropbear_ed25519_host_key
"""
# What the host script calls is busybox's, its shell too; curl is gone. Debian's has no flock.
BUSYBOX = r"""
busybox=/usr/bin/busybox
for tool in sh awk basename cat chmod chown cp cut date dirname find grep gzip head id \
    ln ls mkdir mv nohup od readlink rm sed setsid sha256sum sleep sort stat sync tail tar timeout touch tr \
    uname wc wget xargs; do
    $busybox --list | grep -qx $tool && ln -sf $busybox /usr/local/bin/$tool
done
ln -sf $busybox /usr/bin/sh
mv /usr/bin/curl /usr/bin/curl.away
"""
# A container has its machine's clock: what is off is what date says, which is all that is asked.
LATE = r"""
printf '#!/bin/sh\nexec /usr/bin/date -d "1 hour ago" "$@"\n' >/usr/local/bin/date
chmod 755 /usr/local/bin/date
"""
CERTIFIED = r"""
cat >/etc/ssh/sshd_config.d/lab.conf <<X
HostCertificate /etc/ssh/ssh_host_ed25519_key-cert.pub
TrustedUserCAKeys /etc/ssh/user_ca.pub
AuthorizedKeysFile none
X
systemctl restart ssh
"""
RESTORE = r"""
systemctl stop --quiet dropbear 2>/dev/null || true
ln -sf dash /usr/bin/sh
rm -rf /usr/local/libexec /etc/sudoers.d/interlock-* /etc/sudoers.d/deploy
rm -rf /usr/local/bin/* /etc/dropbear /etc/ssh/sshd_config.d/lab.conf /etc/ssh/user_ca.pub
hash -r
echo 'deploy ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/deploy
chmod 440 /etc/sudoers.d/deploy
[ ! -f /usr/bin/curl.away ] || mv /usr/bin/curl.away /usr/bin/curl
sed -i 's/^#Subsystem/Subsystem/; s/^#Max/Max/' /etc/ssh/sshd_config
systemctl enable --quiet ssh
systemctl restart ssh
"""


@dataclass(frozen=True)
class Variant:
    """Turns a host of an estate into another kind, and back."""

    estate: Estate
    host: str

    def become(self, script: str) -> None:
        """Make it so, and wait until it answers again."""
        machine = self.estate.machine(self.host)
        self.estate.lab.exec(machine, "bash", "-ec", script)
        self.estate.lab.wait(machine, 10)

    def put(self, path: str, content: str) -> None:
        """Write a file on it."""
        script = f"printf %s {shlex.quote(content)} >{shlex.quote(path)}"
        self.estate.lab.exec(self.estate.machine(self.host), "bash", "-c", script)

    def restore(self) -> None:
        """As the image has it."""
        self.become(RESTORE)
