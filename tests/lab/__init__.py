"""Interlock against real hosts: systemd-nspawn machines with systemd, OpenSSH and their own
network, which can be cut off, crashed and booted again. Needs root; see machines.py."""
