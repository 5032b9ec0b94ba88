"""Files made to hurt: each is refused with a clear line, none is waited for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.errors import InventoryInvalid
from engine.inventory import load

LAUGHS = "\n".join(
    [f"a0: &a0 [{'x, ' * 9}x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
)
CASES = {
    "brackets": (b"[" * 30_000, 1, "yaml: nested more than 64 deep"),
    "braces": (b"{a: " * 30_000, 1, "yaml: "),
    "indented": (b"".join(b" " * n + b"a:\n" for n in range(200)), 65, "yaml: nested more than 64 deep"),
    "laughs": (LAUGHS.encode(), 6, "yaml: more than 1,000,000 values (aliases counted where they are used)"),
    "recursive": (b"a: &a [*a]", 1, "yaml: the alias '*a' stands inside its own anchor"),
    "deep through aliases": (
        b"a: &a " + b"[" * 40 + b"]" * 40 + b"\nb: " + b"[" * 40 + b"*a" + b"]" * 40,
        2,
        "yaml: nested more than 64 deep through an alias",
    ),
    "unknown alias": (b"a: *b", 1, "yaml: the alias '*b' has no anchor before it"),
    "merge key": (b"a: &a {x: y}\nb: {<<: *a}", 2, "yaml: merge keys (<<) are not supported; write the keys out"),
    "tag": (b"a: 1\nb: !!python/object:os.system {}", 2, "yaml: the tag 'tag:yaml.org,2002:python/object:os.system'"),
    "standard tag": (b"organization: !!str acme", 1, "yaml: the tag 'tag:yaml.org,2002:str' is not supported"),
    "key that is a list": (b"? [a]\n: b", 1, "yaml: a key must be plain text"),
    "key that is an alias": (b"a: &a [x]\n*a : b", 2, "yaml: a key must be plain text"),
    "two documents": (b"a: 1\n---\nb: 2", 2, "yaml: a second document begins here; write one document a file"),
    "binary": (bytes(range(256)) * 8, 2, "file: not UTF-8 text; save the file as UTF-8"),
    "latin-1": ("organization: acme\ncontact: \u00e9".encode("latin-1"), 2, "file: not UTF-8 text"),
    "NUL": (b"organization: a\n\0", 2, "yaml: the character U+0000 may not stand in YAML; is this a text file?"),
    "escape": (b"organization: \x1b]0;x\x07", 1, "yaml: the character U+001B may not stand in YAML"),
    "tab": (b"organization: acme\nteams:\n\ta: {}", 3, "the line is indented with a tab, YAML wants spaces"),
    "colon": (b"organization: acme: corp", 1, "mapping values are not allowed"),
    "open quote": (b'organization: "acme', 1, "yaml: this is not YAML"),
    "empty": (b"", 1, "missing: the inventory is empty; begin with `organization: NAME`"),
    "comments": (b"# nothing yet\n", 1, "missing: the inventory is empty"),
    "scalar": (b"acme", 1, "type: expected a mapping of keys such as `organization: NAME`"),
    "list": (b"- a", 1, "type: expected a mapping of keys such as `organization: NAME`"),
    "too large": (b"#" * (8 * 1024 * 1024 + 1), 1, "has 8,388,609 bytes; at most 8,388,608 are read"),
    "long name": (b"organization: " + b"a" * 1_000_000, 1, "name: organization: a name may have at most 63 characters"),
    "huge number": (b"policies: {limits: {rollouts: " + b"9" * 10_000 + b"}}", 1, "expected a whole number from 1 to"),
    "huge duration": (b"observe: {steady: " + b"9" * 30 + b"d}", 1, "expected a duration of at most 366d"),
}


def refusal(path: Path) -> list[str]:
    with pytest.raises(InventoryInvalid) as caught:
        load(path)
    return list(caught.value.findings)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.timeout(20)
def test_a_hostile_file_is_refused_with_its_line(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, line, expected = CASES[case]
    (tmp_path / "inventory.yaml").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    found = refusal(Path("inventory.yaml"))
    assert any(each.startswith(f"inventory.yaml:{line}: error ") and expected in each for each in found), found
    assert all(len(each) < 500 and each.isprintable() for each in found)


def test_a_million_mistakes_come_to_a_readable_list(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_text("organization: a\n" + "".join(f"key{n}: x\n" for n in range(20_000)))
    found = refusal(tmp_path / "inventory.yaml")
    assert len(found) == 1001
    assert found[-1].endswith("there are more errors; mend these first")


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    assert refusal(pipe) == [f"{pipe}:1: error file: {pipe} is not a regular file"]
    assert refusal(tmp_path) == [f"{pipe}:1: error file: {pipe} is not a regular file"]
    missing = tmp_path / "none.yaml"
    assert refusal(missing) == [f"{missing}:1: error file: cannot read {missing}: No such file or directory"]
    assert "not a usable path" in refusal(Path("a\0b"))[0]


def test_folders_that_hold_nothing_or_themselves(tmp_path: Path) -> None:
    (tmp_path / "inner").symlink_to(tmp_path)
    (tmp_path / "inner.yaml").symlink_to(tmp_path)
    assert refusal(tmp_path) == [
        f"{tmp_path}/inner.yaml:1: error file: {tmp_path}/inner.yaml is not a regular file",
    ]
    (tmp_path / "inner.yaml").unlink()
    assert refusal(tmp_path) == [
        f"{tmp_path}:1: error file: the folder holds no *.yaml or *.yml file (subfolders are not read)",
    ]
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    assert "cannot read" in refusal(tmp_path)[0]


@contextmanager
def unprivileged() -> Iterator[None]:
    """As nobody, if the tests run as root: root may read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_an_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inventory.yaml").write_text("organization: a")
    (tmp_path / "inventory.yaml").chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    with unprivileged():
        found = refusal(Path("inventory.yaml"))
    assert found == ["inventory.yaml:1: error file: cannot read inventory.yaml: Permission denied"]


def test_a_file_name_may_hold_anything(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\n.yaml"
    path.write_text("x: 1")
    assert all(each.isprintable() and "\\x1b" in each for each in refusal(path))
