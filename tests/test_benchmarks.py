"""The benchmarks run in no test, so their imports, first lines and mentions in the docs are checked here."""

import ast
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "benchmarks").glob("*.py"))
COMMANDS = [script for script in SCRIPTS if "__main__" in script.read_text(encoding="utf-8")]
"""Scripts to run; the others are modules that these import."""
PAGES = [ROOT / "README.md", ROOT / "benchmarks" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def names_in(module):
    """Yield the names that a module of sumtune defines or imports, without importing it."""
    tree = ast.parse(Path(find_spec(module).origin).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (name.asname or name.name for name in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))


def exists(module, name):
    return name in names_in(module) or find_spec(f"{module}.{name}") is not None


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_everything_that_a_benchmark_imports_exists(script):
    imports = [
        node for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)
    ]
    ours = [(node.module, name.name) for node in imports if node.module.startswith("sumtune") for name in node.names]
    assert [pair for pair in ours if not exists(*pair)] == []


@pytest.mark.parametrize("script", COMMANDS, ids=lambda path: path.name)
def test_a_benchmark_says_what_it_measures_and_how_it_is_run(script):
    first, run, *_ = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))).split("\n\n")
    assert first.startswith(("Measures ", "Checks "))
    assert run.startswith("Run: ")
    assert f"python benchmarks/{script.name}" in run


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_benchmarks_on_a_page_exist(page):
    named = set(re.findall(r"benchmarks/(\w+\.py)", page.read_text(encoding="utf-8")))
    assert named <= {script.name for script in SCRIPTS}


def test_every_benchmark_is_in_the_table():
    table = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert [script.name for script in COMMANDS if f"python benchmarks/{script.name}" not in table] == []
