"""What is loaded in fact, seen from a fresh interpreter: imports are felt (each heavy library
costs 100-400 ms of every command), and the arrows of the architecture hold at run time too.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# The console's one door to the engine for what needs no running engine, or starts one.
DOOR = "console/cli/offline.py"
ALLOWED = (
    "engine.api.client",
    "engine.api.protocol",
    "engine.api.shape",
    "engine.api.address",
    "engine.model",
    "engine.errors",
)
ENGINE_ONLY = {"asyncssh", "aiosqlite", "sqlite3", "fastapi", "uvicorn", "engine.runtime", "engine.plan"}


def loaded_by(statement: str) -> set[str]:
    """The names in sys.modules after a statement, in a fresh interpreter."""
    script = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def every_module(folder: str) -> list[str]:
    """The dotted names of all modules under a folder, but for the ones that run on import."""
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] != "__main__":
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def engine_imports(path: Path) -> list[tuple[int, str]]:
    """Each import of an engine module in a file, wherever it stands: line and dotted name."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module in {"engine", "engine.api"}:
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.append((node.lineno, node.module))
    return [(line, name) for line, name in found if name.split(".")[0] == "engine"]


def test_the_console_loads_nothing_of_the_engine_behind_the_socket() -> None:
    statement = "import " + ", ".join(every_module("console"))
    assert loaded_by(statement) & ENGINE_ONLY == set()


def test_the_engine_never_loads_the_console() -> None:
    statement = "import " + ", ".join(every_module("engine"))
    loaded = loaded_by(statement)
    assert "engine.plan" in loaded
    assert {name for name in loaded if name.split(".")[0] in {"textual", "console"}} == set()


def test_the_console_imports_only_what_the_architecture_lets_it() -> None:
    forbidden = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sorted((ROOT / "console").rglob("*.py"))
        if str(path.relative_to(ROOT)) != DOOR
        for line, name in engine_imports(path)
        if not any(name == allowed or name.startswith(allowed + ".") for allowed in ALLOWED)
    ]
    assert forbidden == []


@pytest.mark.parametrize("module", ["engine.model", "engine.plan", "engine.drivers"])
def test_the_pure_packages_load_no_loop_and_no_database(module: str) -> None:
    names = every_module(module.replace(".", "/"))
    loaded = loaded_by("import " + ", ".join(names))
    assert loaded & {"asyncio", "sqlite3", "aiosqlite", "asyncssh", "pydantic", "uuid"} == set()
