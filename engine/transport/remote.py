"""The lines that a host's login shell gets to see: run the host script, or receive it.

The script is kept under its digest in the login's own cache folder, so that a call costs one
exec; a host that lacks it says so with a status and a phrase of its own, and is sent it once,
through ``cat`` because hardened hosts have no SFTP. What arrives is checked before it gets
its name: a link cut half-way must not leave half a script.
"""

from __future__ import annotations

import hashlib
import shlex

from engine.model.remote import Command, Reply

# Where `doctor --install` puts the script as root's own; used while it is the very script meant.
ROOT_SCRIPT = "/usr/local/libexec/interlock-host"
NO_SCRIPT = 97
NO_SCRIPT_SAYS = "interlock: no host script"
BAD_SCRIPT = 98

# Both programs stand on one line: a login shell of the csh family takes no newline in quotes.
# ``$0`` is the script's name, ``$1`` what becomes it ("sudo" or ""), the rest its arguments.
# LC_ALL: sudo's refusals are read by the engine.
_RUN = " ".join(
    (
        "f=${XDG_CACHE_HOME:-$HOME/.cache}/interlock/$0; as=$1; shift;",
        f'test -s "$f" || {{ echo "{NO_SCRIPT_SAYS}" >&2; exit {NO_SCRIPT}; }};',
        "LC_ALL=C; export LC_ALL;",
        'if test "$as" = sudo && test "$(id -u)" -ne 0; then',
        f'r={ROOT_SCRIPT}; if cmp -s "$f" "$r" 2>/dev/null; then exec sudo -n "$r" "$@"; fi;',
        'exec sudo -n sh "$f" "$@"; fi;',
        'exec sh "$f" "$@"',
    )
)

# ``$0`` is the script's name, ``$1`` its sha256.
_INSTALL = " ".join(
    (
        "umask 077; d=${XDG_CACHE_HOME:-$HOME/.cache}/interlock; t=$d/.$0.$$;",
        'mkdir -p "$d" && cat >"$t" || { rm -f "$t"; exit 1; };',
        'sum=$(sha256sum <"$t") || { rm -f "$t"; exit 1; };',
        f'test "${{sum%% *}}" = "$1" || {{ rm -f "$t"; echo "it arrived damaged" >&2; exit {BAD_SCRIPT}; }};',
        'sync "$t" 2>/dev/null;',
        'mv -f "$t" "$d/$0"',
    )
)


class HostScript:
    """The script that every command is a call of; ``digest`` names it on hosts."""

    def __init__(self, content: bytes, digest: str) -> None:
        self.content = content
        self._name = f"host-{digest}.sh"
        self._sha256 = hashlib.sha256(content).hexdigest()

    def run_line(self, command: Command, sudo: bool) -> str:
        """The line that runs ``command``, whatever the login's shell is."""
        arguments = [command.verb, *(f"{key}={value}" for key, value in command.args)]
        return _line(_RUN, self._name, "sudo" if sudo else "", *arguments)

    def install_line(self) -> str:
        """The line that receives the script on its standard input."""
        return _line(_INSTALL, self._name, self._sha256)


def lacks_script(reply: Reply) -> bool:
    """Whether the host said that it does not have the script; nothing was run then."""
    return reply.status == NO_SCRIPT and NO_SCRIPT_SAYS in reply.stderr


def sudo_refusal(reply: Reply) -> str:
    """What sudo said when it was sudo, and not the script, that ended the call; else ""."""
    if reply.status in (0, None) or reply.stdout:
        return ""
    for line in reply.stderr.splitlines():
        if line.startswith("sudo: ") or line.endswith("sudo: not found") or "is not allowed to execute" in line:
            return line
    return ""


def _line(program: str, *arguments: str) -> str:
    return "exec " + shlex.join(["sh", "-c", program, *arguments])
