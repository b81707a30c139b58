"""Faults that exporters really had are refused, each in a model that has learned its conversations by heart."""

import json

import pytest
import small_runs
import tiny
from planted_exports import FAULTS, Planted

from sumtune.commands import export
from sumtune.commands.export import export_run
from sumtune.data.example_file import load_jsonl
from sumtune.errors import ExportError
from sumtune.evaluate.reference_groups import group_by_dialogue
from sumtune.export.formats import FORMATS
from sumtune.export.proof import Sample
from sumtune.files.run_dir import RunDir

pytestmark = pytest.mark.e2e
LEARNED = {
    "model__max_target_tokens": 48, "train__epochs": 60, "train__validate_every_steps": 1000, "lora__rank": 16,
}  # fmt: skip


def long_one(name):
    """A conversation with a long summary, because of which a summary without an end can become long."""
    return {
        "dialogue": f"{name}: Say something!\nBen: No.",
        "summary": " ".join([f"{name} asks, and Ben is silent."] * 4),
    }


@pytest.fixture(scope="module")
def learned(tiny_models, tmp_path_factory):
    """A run whose model knows its training conversations by heart."""
    root = tmp_path_factory.mktemp("learned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUMTUNE_CACHE", str(root / "cache"))
        patch.setenv("SUMTUNE_KERNELS", "0")
        data, run_dir = tiny.write_jsonl(root / "chats.jsonl", 24), RunDir(root / "run")
        with data.open("a", encoding="utf-8") as rows:
            rows.writelines(json.dumps(long_one(name)) + "\n" for name in tiny.NAMES[:5])
        config = small_runs.config(data__path=str(data), model__name=str(tiny_models["gemma"]), **LEARNED)
        small_runs.pipeline.train(config, run_dir, small_runs.console())
        patch.setattr(export, "choose_sample", lambda run_dir, *_: training_examples(run_dir))
        yield run_dir


def training_examples(run_dir):
    return Sample("train", tuple(group_by_dialogue(load_jsonl(run_dir.split("train")))), 0)


def require_runtime(name):
    if why_not := FORMATS[name].missing_runtime():
        pytest.skip(why_not)


@pytest.mark.parametrize("name", FAULTS)
def test_the_export_without_a_fault_passes(name, learned, output):
    require_runtime(name)
    export_run(learned, name, output, small_runs.console())
    proof = (output / "README.md").read_text()
    assert "passed" in proof


@pytest.mark.parametrize(("name", "fault"), [(name, fault) for name, faults in FAULTS.items() for fault in faults])
def test_a_planted_fault_is_refused(name, fault, learned, output, monkeypatch):
    require_runtime(name)
    monkeypatch.setitem(FORMATS, name, Planted(FORMATS[name], FAULTS[name][fault]))
    with pytest.raises(ExportError, match="other tokens" if fault == "wrong template" else "ROUGE-1 is"):
        export_run(learned, name, output, small_runs.console())
    assert [path.name for path in output.parent.iterdir()] == ["chats-failed"]
