"""The SSH transport against real servers: asyncssh's own, OpenSSH's sshd and dropbear."""
