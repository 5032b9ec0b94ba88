"""The lines that pass between the engine and the host script: ``key<TAB>value``.

Reading is strict about the shape and tolerant of keys it does not know (a newer script may
say more). Whatever is read is cleaned here, before anything else sees it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import AnswerUnreadable
from engine.model.observation import Claim
from engine.model.remote import Reply
from engine.model.text import printable

MAX_ANSWER = 4_000_000
MAX_LINE = 500
MAX_DETAIL = 2000
MAX_LOG = 200
EPOCHS = 10**14  # the script takes 15 digits: a host that says more must not exhaust them for all
_HEAD = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """The pairs that a host answered, in order."""

    pairs: tuple[tuple[str, str], ...]

    def get(self, key: str, default: str = "") -> str:
        """The last value of ``key``, or ``default``."""
        return next((value for name, value in reversed(self.pairs) if name == key), default)

    def all(self, key: str) -> tuple[str, ...]:
        """Every value of ``key``, in order."""
        return tuple(value for name, value in self.pairs if name == key)

    @property
    def detail(self) -> str:
        """What the host says about it, in one line of bounded length: it goes into the journal."""
        return printable("; ".join(self.all("detail")), MAX_DETAIL)

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines that came with it, oldest first; not more than a person will read."""
        return self.all("log")[-MAX_LOG:]


def read(reply: Reply) -> Answer:
    """The pairs of a reply whose exit status is 0.

    Raises ``AnswerUnreadable`` for any other status, for an answer longer than 4 MB and for
    lines that are no pairs, with the head of what the host said.
    """
    if reply.status is None:
        raise AnswerUnreadable("the link was lost before the host answered: what it did is unknown; observe it again")
    if reply.status != 0:
        said = printable(reply.stderr or reply.stdout, _HEAD).strip() or "nothing"
        raise AnswerUnreadable(f"the host script ended with status {reply.status} and said: {said}")
    if len(reply.stdout) > MAX_ANSWER:
        raise AnswerUnreadable(f"the host answered {len(reply.stdout)} characters, more than anything it may say")
    pairs: list[tuple[str, str]] = []
    for line in reply.stdout.split("\n"):
        if not line.strip():
            continue
        key, tab, value = line.partition("\t")
        if not tab or not key.isascii() or not key.replace("_", "").isalnum():
            raise unreadable(reply, "a line that is no answer")
        pairs.append((key, printable(value, MAX_LINE).strip()))
    return Answer(tuple(pairs))


def unreadable(reply: Reply, what: str) -> AnswerUnreadable:
    """The error for a reply that makes no sense, with its head."""
    head = printable(reply.stdout, _HEAD).strip() or "nothing"
    return AnswerUnreadable(f"the host answered with {what}; its answer begins: {head}")


def read_claim(text: str) -> Claim | None:
    """A claim as the script prints it, ``STORE EPOCH ENGINE``; None for "" (nobody's)."""
    words = text.split()
    if not words:
        return None
    if len(words) != 3 or not words[1].isdecimal() or int(words[1]) >= EPOCHS:
        raise AnswerUnreadable(f"the host answered with a claim that cannot be read: {printable(text, _HEAD)}")
    return Claim(store=words[0], epoch=int(words[1]), engine=words[2])


def lines(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Pairs as the script reads them from its standard input; a value of several lines
    becomes several pairs. A NUL, which no shell can hold, raises ``ValueError``."""
    text = "".join(f"{key}\t{line}\n" for key, value in pairs for line in value.split("\n"))
    if "\0" in text:
        raise ValueError("a NUL character cannot be sent to a host")
    return text.encode()


def milliseconds(seconds: float) -> str:
    """A duration as the script takes it: whole milliseconds, never negative."""
    return str(max(0, round(seconds * 1000)))
