"""What passes between the engine and a host: a command of the host script, and its reply.

Drivers make commands and read replies; a transport carries them and understands neither.
This is one of the two seams at which tests put something else (the other is time).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Command:
    """One call of the host script: ``host.sh VERB key=value ...``.

    ``stdin`` is sent first, then the file ``upload`` if there is one, then end of file.
    ``timeout_s`` bounds the whole call, connection included. ``fresh`` demands a connection
    opened after this call was made: a confirmation must prove that the host can be reached
    anew. ``stdin`` may hold secrets: it is left out where a command is shown.
    """

    verb: str
    args: tuple[tuple[str, str], ...] = ()
    stdin: bytes = field(default=b"", repr=False)
    upload: str = ""
    timeout_s: float = 30.0
    fresh: bool = False

    def arg(self, name: str) -> str:
        """The value of one argument; KeyError if it was not given."""
        return dict(self.args)[name]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Only ``status == 0`` is success; None means that no exit status
    arrived, so nothing is known of what the command did. ``truncated``: there was more output
    than a transport keeps; what stands here is its beginning."""

    status: int | None
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False
