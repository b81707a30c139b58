"""The names that `sumtune` offers: which, how fast, with which help."""

import doctest
import importlib
import json
import shutil
import subprocess
import sys
import types

import pytest
from api_world import World

import sumtune

FUNCTIONS = ("diagnose", "evaluate", "plan", "score", "tune")


def in_python(code: str) -> list[str]:
    """Return the lines that a fresh interpreter prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_public_names_are_few_and_known() -> None:
    assert sorted(sumtune.__all__) == sorted((*FUNCTIONS, "Summarizer", "SumtuneError", "__version__"))
    assert set(sumtune.__all__) <= set(dir(sumtune))


def test_importing_sumtune_imports_nothing_that_takes_time() -> None:
    (loaded,) = in_python("import sys, json, sumtune; print(json.dumps(sorted(sys.modules)))")
    packages = {name.partition(".")[0] for name in json.loads(loaded)}
    assert not {"torch", "transformers", "numpy", "pydantic", "rich", "typer", "yaml", "rouge_score"} & packages
    assert "sumtune.api" not in json.loads(loaded)


def test_scores_and_a_diagnosis_need_no_torch() -> None:
    code = "import sys, sumtune; sumtune.score, sumtune.diagnose; print('torch' in sys.modules)"
    assert in_python(code) == ["False"]


@pytest.mark.parametrize("package", ["evaluate", "diagnose"])
def test_a_function_stays_a_function_when_the_package_of_its_name_is_imported(package: str) -> None:
    module = importlib.import_module(f"sumtune.{package}")
    assert isinstance(module, types.ModuleType)
    assert isinstance(getattr(sumtune, package), types.FunctionType)
    lines = in_python(f"import sumtune.{package}; from sumtune import {package}; print(type({package}).__name__)")
    assert lines == ["function"]


def test_other_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'tunes'"):
        _ = sumtune.tunes  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", [*FUNCTIONS, "Summarizer", "SumtuneError"])
def test_the_example_in_each_help_runs(name: str, own_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """With the data and the run that the examples name. Those that need a model are skipped outside of this test."""
    if name == "tune":
        shutil.rmtree(own_world.run)
    text = getattr(sumtune, name).__doc__.replace("+SKIP", "+ELLIPSIS")
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert example.examples
    found = doctest.DocTestRunner(verbose=False).run(example)
    assert (found.failed, found.attempted) == (0, len(example.examples)), capsys.readouterr().out
