"""A damaged file of a run folder: one message, or all as before. `benchmarks/fuzz_run_folder.py` has the rest."""

import random
import shutil
import sys
from pathlib import Path

import pytest

from sumtune.diagnose.diagnose_stage import diagnose_run
from sumtune.errors import RunDirError
from sumtune.files.run_dir import RunDir
from sumtune.model import precision

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from fuzz_run_folder import PASSED, Case, Fuzz

CASES = [
    ("finished", "run.json", "value", "evaluate"),
    ("finished", "run.json", "flip", "compare"),
    ("finished", "run.json", "delete", "diagnose"),
    ("finished", "data_ingestion/test.jsonl", "flip", "evaluate"),
    ("finished", "data_ingestion/test.jsonl", "delete", "evaluate"),
    ("finished", "data_ingestion/train.jsonl", "flip", "diagnose"),
    ("finished", "data_ingestion/manifest.json", "newer", "run"),
    ("finished", "data_transformation/train.safetensors", "flip", "diagnose"),
    ("finished", "data_transformation/validation.safetensors", "delete", "run"),
    ("finished", "model_trainer/adapter/adapter_model.safetensors", "zeros", "run"),
    ("finished", "model_trainer/adapter/adapter_config.json", "flip", "serve"),
    ("finished", "model_trainer/metrics.jsonl", "flip", "diagnose"),
    ("finished", "model_trainer/metrics.jsonl", "delete", "diagnose"),
    ("finished", "model_trainer/checkpoint-6/state.json", "flip", "clean"),
    ("finished", "model_evaluation/predictions.jsonl", "flip", "compare"),
    ("finished", "model_evaluation/predictions.jsonl", "cut", "diagnose"),
    ("finished", "model_evaluation/scores.json", "zeros", "serve"),
    ("finished", "diagnosis.json", "type", "diagnose"),
    ("interrupted", "model_trainer/checkpoint-3/optimizer.safetensors", "flip", "run"),
]


@pytest.fixture(scope="module")
def fuzz(places, tmp_path_factory):
    """The runs of `places`, scored."""
    root = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUMTUNE_CACHE", str(places / "cache"))
        patch.setenv("SUMTUNE_KERNELS", "0")
        patch.setattr(precision, "_product_seconds", precision._product_seconds)
        patch.chdir(root)
        for name in ("new", "interrupted", "finished"):
            shutil.copytree(places / name, root / name)
        yield Fuzz.of(root)


@pytest.mark.parametrize(
    "case",
    [Case(state, Path(file), *rest) for state, file, *rest in CASES],
    ids=lambda case: f"{case.file} {case.damage} {case.command}",
)
def test_a_damaged_file_is_one_message_or_made_again(fuzz, case):
    assert fuzz.judged(case, random.Random(1)) in PASSED


@pytest.mark.parametrize(
    "file",
    ["model_evaluation/scores.json", "data_transformation/prompt.json", "data_ingestion/manifest.json", "run.json"],
)
@pytest.mark.parametrize("content", ["{", "[]", '{"format": "x"}'])
def test_diagnose_names_a_record_that_it_cannot_read(fuzz, tmp_path, file, content):
    shutil.copytree(fuzz.whole["finished"], tmp_path / "run")
    (tmp_path / "run" / file).write_text(content, encoding="utf-8")
    with pytest.raises(RunDirError, match=Path(file).name):
        diagnose_run(RunDir(tmp_path / "run"))


def test_what_is_not_damaged_passes_and_what_is_wrong_does_not(fuzz):
    """The judge itself."""
    whole = Case("finished", Path("model_evaluation/metrics.csv"), "flip", "run")
    assert fuzz.judged(whole, random.Random(2)) == "unharmed"
    wrong = Fuzz(fuzz.whole, fuzz.expected | {"summarize": "another summary"})
    assert wrong.judged(Case("finished", Path("diagnosis.json"), "flip", "summarize"), random.Random(2)) not in PASSED
