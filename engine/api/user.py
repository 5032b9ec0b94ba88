"""What a user is called, as roles and policies name people."""

from __future__ import annotations

import pwd


def user_name(uid: int) -> str:
    """The user's name, or ``uid:1234`` for a uid that no account has."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid:{uid}"
