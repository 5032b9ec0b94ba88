"""The commands that a document shows: in fenced blocks line by line, and in running text between
backquotes. What is written in capitals stands for something of the reader's own.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "inventories").rglob("*.md"))]
# Where the shell ends a command: what follows belongs to another one, or to a file.
ENDS = re.compile(r"^(?:[|&;<>()]+|2>|#)")


def fenced(text: str) -> str:
    """All fenced blocks of a document, with lines that a backslash continues joined."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join(blocks).replace("\\\n", " ")


def words(command: str) -> list[str]:
    """The words of one command, up to what is the shell's."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    found: list[str] = []
    for word in lexer:
        if ENDS.match(word):
            break
        found.append(word)
    return found


def interlock_commands(document: Path) -> Iterator[tuple[str, ...]]:
    """Every ``interlock ...`` that a document shows, without the name of the program."""
    text = document.read_text()
    lines = re.findall(r"(?:^|[|;(] *|\$ )interlock\b([^\n]*)", fenced(text), re.MULTILINE)
    lines += re.findall(r"`interlock ([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    for line in lines:
        yield tuple(words(line))
