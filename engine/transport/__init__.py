"""Carries the host script's commands to hosts and their replies back (asyncssh)."""
