"""What is imported is declared, what is declared is used, and its lowest version is the one that is tested."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+?)(?P<bound>>=|==)(?P<version>[0-9a-z.]+)")
FOR_OTHERS = {"sentencepiece", "bitsandbytes", "onnx", "onnxscript", "pandas"}
"""Not imported here: transformers reads `.model` tokenizers, computes in 4 bits and writes ONNX with them; Ray Data
needs pandas."""
ELSEWHERE = {"h11": "uvicorn", "markupsafe": "jinja2", "mlflow": "mlflow-skinny", "nbformat": "nbclient",
             "llama_cpp": "llama-cpp-python", "nltk": "rouge-score", "pydantic_core": "pydantic",
             "typing_extensions": "pydantic"}  # fmt: skip
"""Imported through a package that cannot do without it."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def lowest(requirements: list[str]) -> dict[str, str]:
    """Lowest version by package name, without zeros at its end."""
    found = {}
    for requirement in requirements:
        match = REQUIREMENT.fullmatch(requirement)
        assert match, f"{requirement!r} has no lowest version"
        found[normal(match["name"])] = re.sub(r"(\.0)+$", "", match["version"])
    return found


RUNTIME = lowest(PROJECT["dependencies"])
FOR_DEVELOPERS = ("dev", "docs")
OPTIONAL = lowest([one for extra in EXTRAS.keys() - set(FOR_DEVELOPERS) for one in EXTRAS[extra]])
DEVELOPMENT = lowest(EXTRAS["dev"])


def statements_in(node: ast.AST) -> Iterator[ast.AST]:
    """All statements in a module; expressions, which are many more, hold no imports."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for statement in getattr(node, part, ()):
            yield statement
            yield from statements_in(statement)


installed = cache(packages_distributions)


@cache
def imported(folder: str) -> dict[str, Path]:
    """Distribution of each package that files in `folder` import, anywhere in them, with one such file."""
    ours = (path for part in ("tests", "benchmarks") for path in (ROOT / part).iterdir())
    own = {path.stem for path in ours if path.is_dir() or path.suffix == ".py"} | {"sumtune"}
    found: dict[str, Path] = {}
    distributions = installed()
    for file in (ROOT / folder).rglob("*.py"):
        for node in statements_in(ast.parse(file.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                modules = [str(node.module)]
            for package in {module.partition(".")[0] for module in modules} - (own | sys.stdlib_module_names):
                found[normal(ELSEWHERE.get(package) or distributions.get(package, [package])[0])] = file
    return found


def test_every_package_that_is_imported_is_declared() -> None:
    assert imported("src").keys() <= RUNTIME.keys() | OPTIONAL.keys()
    everything = RUNTIME.keys() | OPTIONAL.keys() | DEVELOPMENT.keys()
    assert imported("tests").keys() <= everything
    assert imported("benchmarks").keys() <= everything


def test_every_package_that_is_declared_is_imported() -> None:
    assert RUNTIME.keys() | OPTIONAL.keys() == imported("src").keys() | FOR_OTHERS


def pinned_in(file: str) -> dict[str, str]:
    """Version by package name; `make lock` writes these files anew."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return lowest([line.partition(" ;")[0] for line in lines if not line.startswith("#")])


def test_the_lowest_versions_are_the_ones_that_are_tested() -> None:
    """PyTorch is tested in the one version that `make` installs."""
    declared = RUNTIME | OPTIONAL | DEVELOPMENT | {"torch": pinned_in("constraints.txt")["torch"]}
    tested = pinned_in("constraints-lowest.txt")
    assert {name: tested.get(name) for name in declared} == declared


def test_every_package_is_installed_in_a_fixed_version() -> None:
    everything = RUNTIME.keys() | OPTIONAL.keys() | DEVELOPMENT.keys() | lowest(EXTRAS["docs"]).keys()
    assert everything <= pinned_in("constraints.txt").keys()
