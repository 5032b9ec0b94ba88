"""What a console keeps between runs: theme, notifications, and what was typed after the colon. And the keymap,
which is the operator's file: it is read and never written. Neither may keep the console from opening."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEPT_LINES = 100


@dataclass(slots=True)
class Settings:
    """``file`` None: nothing is kept (tests, documents). ``notify``: off|bell|osc9."""

    file: Path | None = None
    theme: str = ""
    notify: str = "off"
    lines: list[str] = field(default_factory=list)

    def load(self) -> None:
        """Reads what is there; a file that cannot be read counts as none."""
        said: Any = None
        if self.file is not None:
            with suppress(OSError, ValueError):
                said = json.loads(self.file.read_text("utf-8"))
        if isinstance(said, dict):
            self.theme = str(said.get("theme", ""))
            self.notify = str(said.get("notify", "off"))
            lines = said.get("lines", [])
            self.lines = [str(text) for text in lines][-KEPT_LINES:] if isinstance(lines, list) else []

    def save(self) -> None:
        """Writes them, whole or not at all."""
        if self.file is None:
            return
        said = {"theme": self.theme, "notify": self.notify, "lines": self.lines[-KEPT_LINES:]}
        with suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = self.file.with_suffix(f".{os.getpid()}")
            fresh.write_text(json.dumps(said, indent=1), "utf-8")
            fresh.replace(self.file)

    def typed(self, text: str) -> None:
        """Remembers a line; the same one twice in a row counts once."""
        if text and (not self.lines or self.lines[-1] != text):
            self.lines = [*self.lines, text][-KEPT_LINES:]
            self.save()


def state_file(environ: Mapping[str, str]) -> Path:
    """Where the settings are kept."""
    base = environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return Path(base) / "interlock" / "console.json"


def keymap_file(environ: Mapping[str, str]) -> Path:
    """Where the operator's keymap is looked for."""
    named = environ.get("INTERLOCK_KEYMAP")
    base = environ.get("XDG_CONFIG_HOME") or str(Path("~/.config").expanduser())
    return Path(named) if named else Path(base) / "interlock" / "keymap.toml"


def read_keymap(file: Path, known: set[str]) -> tuple[dict[str, str], str]:
    """The keys by action (``deploy = "D"`` or ``deploy = ["D", "ctrl+d"]``, bare or under [keys]),
    and a sentence about what could not be used."""
    import tomllib  # few have such a file

    try:
        said = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError) as error:
        return {}, f"{file} was not used: {error}"
    table = said.get("keys", said)
    found = {}
    wrong = []
    for name, keys in table.items() if isinstance(table, dict) else ():
        each = [keys] if isinstance(keys, str) else keys
        if name in known and isinstance(each, list) and each and all(isinstance(key, str) and key for key in each):
            found[name] = ",".join(each)
        else:
            wrong.append(str(name))
    return found, f"{file}: no action is called {', '.join(wrong)}" if wrong else ""
