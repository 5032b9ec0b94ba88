"""``interlock audit``: every request, decision and outcome, and whether the record is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import click

from console.cli.grammar import verb
from console.cli.render.times import clock
from console.cli.render.waits import wait_lines
from console.cli.session import Session
from engine.api.client import Client
from engine.api.protocol import AuditView
from engine.errors import InterlockError, UsageError
from engine.model.text import printable

PAGE = 1000
SQLITE = b"SQLite format 3"


@verb("audit")
@click.argument("what", required=False, default="", metavar="[verify|head|replay]")
@click.argument("seq", required=False, type=click.IntRange(1), metavar="[SEQ]")
@click.option("--file", "file", type=click.Path(path_type=Path), metavar="F", help="An export, or a backup's journal.")
@click.option(
    "--head", "known", default="", metavar="SEQ:HASH", help="A head kept elsewhere: it has to be in the chain."
)
@click.option("--after", type=click.IntRange(0), default=0, metavar="SEQ", help="Only events past this one.")
def audit_command(session: Session, what: str, seq: int | None, file: Path | None, known: str, after: int) -> None:
    """Every event of the journal, oldest first; with -o json as NDJSON, an export that can be verified.

    verify: work out whether the chain of events holds, from the engine or from --file. head: where the
    chain ends now; kept elsewhere, it shows later whether anything before it was changed. replay SEQ: make
    the decision of that event again, from the state and the inventory of then; exit 1 if it comes out otherwise.
    """
    if (what == "replay") != (seq is not None):
        raise UsageError("audit replay takes the number of one event, such as audit replay 120; nothing else does.")
    if what == "verify":
        _verify(session, file, known)
    elif what == "head":
        head = session.client().audit_head()
        session.give(head, lambda: f"{head['seq']}:{head['hash'] or '-'}  (store {head['store']})")
    elif seq is not None:
        _replay(session, seq)
    elif what:
        raise UsageError(f"audit takes verify, head, replay SEQ, or nothing, not {printable(what, 80)!r}.")
    else:
        for entry in _of_file(file) if file else _of_engine(session.client(), after):
            if entry["seq"] > after:
                click.echo(json.dumps(entry) if session.wants_json else _text(entry))


def _verify(session: Session, file: Path | None, known: str) -> None:
    from console.cli.offline import Chain

    seq, _, hash_ = known.partition(":")
    if known and not (seq.isdigit() and hash_):
        raise UsageError("--head is SEQ:HASH, as interlock audit head prints it.")
    chain, is_known = Chain(), not known
    entries = iter(_of_file(file) if file else _of_engine(session.client(), 0))
    while page := list(islice(entries, PAGE)):
        is_known = is_known or any(entry["seq"] == int(seq) and entry["hash"] == hash_ for entry in page)
        if not chain.take(page):
            break
    found = chain.verdict
    wrong = found.wrong or ("" if found.seq else "there are no events in it")
    if not wrong and found.unchained == found.seq:
        wrong = "no event carries a hash: all are from before the chain, or somebody took the hashes off"
    if not wrong and file and _is_journal(file):
        from console.cli.offline import disagreement

        wrong = disagreement(file)
    if not wrong and not is_known:
        wrong = f"there is no event {seq} with hash {hash_}: what stood there was cut off, or the chain written anew"
    head = f"{found.seq}:{found.head}"
    if session.wants_json:
        data = {"ok": not wrong, "events": found.seq, "unchained": found.unchained, "head": head, "wrong": wrong}
        click.echo(json.dumps(data))
    if wrong:
        raise InterlockError(
            f"The audit does not hold: {printable(wrong)}. The chain is whole up to event {found.seq}; "
            "nothing was changed. Keep a copy of the state folder as it is, and compare it with the newest backup."
        )
    if not session.wants_json:
        before = f" The first {found.unchained} are from before the chain." if found.unchained else ""
        click.echo(f"{found.seq} events are as they were written.{before} Head {head}")


def _replay(session: Session, seq: int) -> None:
    view = session.client().replay(seq)

    def told() -> str:
        source = f"inventory {view['inventory'][:12]}" if view["inventory"] else "today's inventory: none was kept then"
        if not view["decision"]:
            outcome = "it came from outside: nothing was decided in it"
        else:
            outcome = "decided again, the same" if view["same"] else "NOT decided again"
        lines = [f"{seq}  {view['message']}", f"{outcome} (from the state before it and {source})"]
        lines += [f"  {sentence}" for sentence in view["decided"]]
        return "\n".join([*lines, *wait_lines(view["waits"])])

    session.give(view, told)
    if view["decision"] and not view["same"]:
        raise InterlockError(
            f"Event {seq} is not what is decided from what the journal says was known then: another version of "
            "Interlock decided it, or somebody changed the journal (interlock audit verify). Nothing was changed."
        )


def _of_engine(client: Client, after: int) -> Iterator[AuditView]:
    while page := client.audit(after, PAGE):
        yield from page
        after = page[-1]["seq"]


def _of_file(file: Path) -> Iterator[Mapping[str, Any]]:
    """The entries of an export (NDJSON), or of a journal nobody uses."""
    try:
        if _is_journal(file):
            from console.cli.offline import journal_entries

            yield from journal_entries(file)
            return
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield _entry(file, number, line)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {getattr(error, 'strerror', '') or error}.") from error


def _is_journal(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(SQLITE)) == SQLITE


def _entry(file: Path, number: int, line: str) -> Mapping[str, Any]:
    try:
        entry = json.loads(line)
        if isinstance(entry, dict) and {"seq", "at", "elapsed_s", "kind", "change", "body", "hash"} <= entry.keys():
            return entry
    except ValueError:
        pass
    raise InterlockError(f"{file}:{number}: this is no event of an audit; export one with interlock audit -o json.")


def _text(entry: Mapping[str, Any]) -> str:
    message = printable(str(entry.get("message") or entry["body"]))
    return f"{entry['seq']:>7}  {clock(entry['at'])}  {printable(str(entry['kind'])):<20}  {message}"
