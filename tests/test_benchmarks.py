"""The benchmarks run in no test, so their imports, first lines and mentions in the docs are checked here."""

import ast
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "benchmarks").glob("*.py"))
COMMANDS = [script for script in SCRIPTS if "__main__" in script.read_text(encoding="utf-8")]
"""Scripts to run; the others are modules that these import."""
PAGES = [ROOT / "README.md", ROOT / "benchmarks" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@cache
def names_in(module):
    """Return the names that a module of sumtune defines or imports, without importing it."""
    return set(_names(ast.parse(Path(find_spec(module).origin).read_text(encoding="utf-8"))))


def _names(tree):
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


def test_everything_that_a_benchmark_imports_exists():
    for script in SCRIPTS:
        nodes = ast.walk(ast.parse(script.read_text(encoding="utf-8")))
        imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module.startswith("sumtune")]
        ours = [(node.module, name.name) for node in imports for name in node.names]
        assert [pair for pair in ours if not exists(*pair)] == [], script.name


def test_a_benchmark_says_what_it_measures_and_how_it_is_run():
    for script in COMMANDS:
        first, run, *_ = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))).split("\n\n")
        assert first.startswith(("Measures ", "Checks ")), script.name
        assert run.startswith("Run: "), script.name
        assert f"python benchmarks/{script.name}" in run


def test_the_benchmarks_on_a_page_exist():
    scripts = {script.name for script in SCRIPTS}
    for page in PAGES:
        assert set(re.findall(r"benchmarks/(\w+\.py)", page.read_text(encoding="utf-8"))) <= scripts, page


def test_every_benchmark_is_in_the_table():
    table = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert [script.name for script in COMMANDS if f"python benchmarks/{script.name}" not in table] == []
