"""``interlock backup`` and ``restore``: the journal, copied while the engine runs, and put back."""

from __future__ import annotations

import getpass
import os
import tempfile
from pathlib import Path

import click

from console.cli.grammar import verb
from console.cli.session import Session, say
from engine.errors import InterlockError, RequestRefused
from engine.model.text import printable

FILE = click.Path(path_type=Path)


@verb("backup")
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def backup_command(session: Session, file: Path, force: bool) -> None:
    """Copy the journal of a running engine into FILE, whole and checked."""
    from console.cli import offline

    if file.exists() and not force:
        raise RequestRefused(f"{file} exists already: name another file, or say --force. Nothing was written.")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.absolute().parent)
    except OSError as error:
        raise InterlockError(f"{file} cannot be written: {error.strerror}. Nothing was written.") from error
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            size = session.client(None).save_journal(opened)
            opened.flush()
            os.fsync(opened.fileno())
        events = offline.checked_backup(part)
        os.replace(part, file)
    except OSError as error:
        raise InterlockError(f"{file} cannot be written: {error.strerror}. There is no backup.") from error
    finally:
        part.unlink(missing_ok=True)
    session.give({"file": str(file), "events": events, "bytes": size}, lambda: "")
    if not session.wants_json:
        say(f"{printable(str(file))} holds the journal up to event {events} ({size / 1e6:.1f} MB), checked.")


@verb("restore")
@click.argument("file", type=FILE)
def restore_command(session: Session, file: Path) -> None:
    """Make a backup the journal of the state folder; its engine must not run.

    What was there is moved aside. The next engine starts paused: look with interlock status at what
    hosts run by now, then interlock resume.
    """
    from console.cli import offline

    session.refuse_if_read_only()
    folder = session.needed_state()
    found = offline.restore(file, folder, getpass.getuser())
    session.give({"events": found.seq, "at": found.at.isoformat(), "aside": str(found.aside or "")}, lambda: "")
    if not session.wants_json:
        kept = f"the former journal is in {found.aside}" if found.aside else "there was none before"
        say(
            f"{folder} holds the journal of {found.at:%Y-%m-%d %H:%M:%S} UTC, up to event {found.seq}; {kept}. The "
            "next engine starts paused: compare interlock status with what should run, then interlock resume."
        )
