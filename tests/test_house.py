"""The house rules that no linter knows: sizes, names, docstrings, what must not be said.

They are read from the syntax tree of every module, so that a rule is broken where it is
broken and not where somebody notices. Which package may import which is import-linter's
business (pyproject.toml); what is loaded in fact is in test_house_loading.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULE_LINES = 300
FUNCTION_LINES = 50
PURE = ("engine/model", "engine/plan", "engine/drivers")
CLOCKS = {"now", "utcnow", "today", "monotonic", "perf_counter", "time"}
VAGUE = re.compile(r"^(utils?|helpers?|manager|common|misc|stuff)(_|$)|_(utils?|helpers?|manager|common|misc)$")
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X])\b")


def modules(*folders: str) -> list[Path]:
    """Every Python file under the folders, in order."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


EVERYWHERE = modules("engine", "console", "tests")
SHIPPED = modules("engine", "console")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def none(found: list[str]) -> None:
    """Nothing was found; otherwise say all of it, not only the first."""
    assert not found, "\n" + "\n".join(found)


def place(path: Path, line: int = 1) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_the_rules_have_something_to_look_at() -> None:
    assert len(SHIPPED) > 20
    assert all((ROOT / folder).is_dir() for folder in PURE)


def test_modules_are_short() -> None:
    paths = [*EVERYWHERE, *(ROOT / "engine").rglob("*.sh")]
    lengths = {path: len(path.read_text().splitlines()) for path in paths}
    none([f"{place(path)} has {n} lines" for path, n in lengths.items() if n > MODULE_LINES])


def test_functions_are_short() -> None:
    long = [
        f"{place(path, function.lineno)} {function.name} has {lines} lines"
        for path in EVERYWHERE
        for function in functions(path)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    ]
    none(long)


def test_every_module_says_what_it_is() -> None:
    silent = [place(path) for path in SHIPPED if not (ast.get_docstring(tree(path)) or "").strip()]
    silent += [
        place(path)
        for path in modules("tests")
        if path.name != "__init__.py" and not (ast.get_docstring(tree(path)) or "").strip()
    ]
    none(silent)


def test_public_classes_and_functions_of_the_model_say_what_they_are() -> None:
    silent = [
        f"{place(path, node.lineno)} {node.name}"
        for path in modules("engine/model", "engine/plan")
        for node in tree(path).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
        if not ast.get_docstring(node)
    ]
    none(silent)


def test_modules_are_named_after_a_noun() -> None:
    names = [path for path in EVERYWHERE if VAGUE.search(path.stem)]
    names += [path for path in EVERYWHERE if VAGUE.search(path.parent.name)]
    none([place(path) for path in names])


@pytest.mark.parametrize("folder", PURE)
def test_the_pure_packages_ask_nobody_for_the_time(folder: str) -> None:
    asked = [
        f"{place(path, node.lineno)} .{node.func.attr}()"
        for path in modules(folder)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    ]
    none(asked)


@pytest.mark.parametrize("folder", PURE)
def test_the_pure_packages_wait_for_nothing(folder: str) -> None:
    waiting = [
        place(path, node.lineno)
        for path in modules(folder)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]
    none(waiting)


def test_host_keys_are_always_checked() -> None:
    unchecked = [
        place(path, keyword.value.lineno)
        for path in EVERYWHERE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "known_hosts" and isinstance(keyword.value, ast.Constant) and keyword.value.value is None
    ]
    none(unchecked)


def test_nothing_is_left_for_later() -> None:
    kinds = {".py", ".sh", ".sql", ".tcss", ".md", ".toml", ".yaml"}
    folders = ("engine", "console", "tests", "docs", "inventories", ".ci")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in kinds]
    files += [ROOT / "Makefile", ROOT / ".ci/run", ROOT / "README.md", ROOT / "pyproject.toml"]
    left = [
        place(path, number)
        for path in files
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    none(left)


def test_every_exception_raised_on_purpose_stands_in_the_tree() -> None:
    """errors.py draws its hierarchy; a class that is not drawn, or a drawing of none, is a lie."""
    source = tree(ROOT / "engine/errors.py")
    defined = {node.name for node in source.body if isinstance(node, ast.ClassDef)}
    drawn = set(re.findall(r"^(?:.*── )?\s*([A-Z]\w+) {2,}", ast.get_docstring(source) or "", re.MULTILINE))
    assert drawn == defined
