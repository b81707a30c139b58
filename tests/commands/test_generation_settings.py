"""Summaries are generated as the shown score was made, whatever was run before."""

import json
import random
from shutil import copytree

import pytest
from machine import Machine, prepare_data

from sumtune.commands.run_record import recorded_config
from sumtune.errors import ModelError
from sumtune.evaluate import evaluate_stage
from sumtune.files.run_dir import RunDir
from sumtune.model.adapter_files import SETTINGS
from sumtune.model.generation_settings import load_generation
from sumtune.serve.loading import load_adapter

BEAMS = ("--set", "decode.beams=1")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, tiny_models, module_cache):
    """A folder with data and a finished run, which tests must not change."""
    root = tmp_path_factory.mktemp("finished")
    data = prepare_data(root / "data")
    with pytest.MonkeyPatch.context() as patch:
        Machine(patch).sumtune(["run", "--data", data, "--model", tiny_models["t5"], "--run-dir", root / "run"])
    return root


@pytest.fixture
def machine(monkeypatch, finished):
    return Machine(monkeypatch)


@pytest.fixture
def run_dir(machine, finished, tmp_path):
    """A copy of the finished run; `again(command, …)` repeats a command of it with further arguments."""
    return RunDir(copytree(finished / "run", tmp_path / "run"))


@pytest.fixture
def again(machine, finished, tiny_models, run_dir):
    def call(command, *more):
        given = [] if command == "evaluate" else ["--data", finished / "data", "--model", tiny_models["t5"]]
        return machine.sumtune([command, "--run-dir", run_dir.root, *given, *more])

    return call


def scored_with(run_dir):
    """The settings that the score in metrics.csv was made with; None where there is no score."""
    if not (run_dir.evaluation / "metrics.csv").exists():
        return None
    scores = json.loads((run_dir.evaluation / "scores.json").read_text(encoding="utf-8"))
    made = scores["signature"]["decoding"]["tuned"]
    return {key: value for key, value in made.items() if key != "number_format"}


def used_by_summarize(machine, run_dir, tmp_path):
    chat = tmp_path / "chat.txt"
    chat.write_text("Ana: Hi.\nBen: Hello.", encoding="utf-8")
    machine.sumtune(["summarize", chat, "--run-dir", run_dir.root])
    return machine.decoded[-1]


def used_by_serve(machine, run_dir):
    served = load_adapter("tuned", run_dir.root)
    assert served.beams == machine.decoded[-1]["beams"]
    return machine.decoded[-1]


COMMANDS = [
    ("run",),
    ("run", *BEAMS),
    ("run", "--set", "decode.length_penalty=2.0"),
    ("train", "--set", "decode.beams=3"),
    ("train", "--overwrite", "--set", "lora.rank=2", "--set", "decode.beams=3"),
    ("train", "--overwrite", "--set", "lora.rank=16"),
    ("evaluate",),
    ("evaluate", "--again"),
    ("evaluate", *BEAMS),
    ("evaluate", "--set", "decode.shortlist=null", "--set", "decode.batch_tokens=512"),
    ("evaluate", "--set", "model.device=cpu", "--set", "evaluate.max_examples=3"),
]


@pytest.mark.parametrize("seed", range(6))
def test_after_any_commands_summaries_are_generated_as_the_score_was_made(machine, run_dir, again, tmp_path, seed):
    rank = 16
    for number in random.Random(seed).choices(range(len(COMMANDS)), k=5):
        command, *more = COMMANDS[number]
        rank = {4: 2, 5: 16}.get(number, rank)
        if command != "evaluate" and "--overwrite" not in more:
            more += ["--set", f"lora.rank={rank}"]
        again(command, *more)
        score, use = scored_with(run_dir), used_by_summarize(machine, run_dir, tmp_path)
        assert use == used_by_serve(machine, run_dir)
        if score is not None:
            assert use == score, (command, *more)
        config = recorded_config(run_dir)
        assert config.decode.model_dump() | {"device": config.model.device} == use


def test_the_command_says_when_it_changes_how_summaries_are_generated(run_dir, again):
    assert "Changed" not in again("run")
    assert "decode.beams: 4 → 1): `summarize` and `serve`" in again("run", *BEAMS)
    assert "Changed" not in again("run", *BEAMS)
    assert "decode.beams: 1 → 2): `summarize` and `serve`" in again("evaluate", "--set", "decode.beams=2")
    assert "Changed" not in again("evaluate"), "evaluate goes on from what the adapter has"
    assert recorded_config(run_dir).decode.beams == 2
    assert json.loads(run_dir.run_json.read_text(encoding="utf-8"))["config"]["decode"]["beams"] == 2


def test_training_that_is_skipped_changes_nothing_and_names_the_command_that_does(machine, run_dir, again):
    said = again("train", *BEAMS, "--set", "decode.shortlist=null")
    assert load_generation(run_dir.adapter).decode.beams == 4
    (command,) = [line.partition("new ones: ")[2] for line in said.splitlines() if "Its generation settings" in line]
    machine.sumtune(command)
    assert load_generation(run_dir.adapter).decode.beams == 1
    assert load_generation(run_dir.adapter).decode.shortlist is None


def test_settings_of_evaluate_alone_are_for_one_call(run_dir, again):
    again("evaluate", "--set", "evaluate.max_examples=2")
    assert recorded_config(run_dir).evaluate.max_examples is None


@pytest.mark.parametrize("broken", ["_generate", "save_generation", "write_scorecard"])
def test_an_evaluation_that_breaks_off_leaves_no_score_of_other_settings(
    machine, run_dir, again, tmp_path, monkeypatch, broken
):
    def fail(*_arguments, **_options):
        raise RuntimeError("planted")

    with monkeypatch.context() as patch:
        patch.setattr(evaluate_stage, broken, fail)
        with pytest.raises(RuntimeError, match="planted"):
            again("evaluate", *BEAMS)
    assert scored_with(run_dir) in (None, used_by_summarize(machine, run_dir, tmp_path))
    again("evaluate")
    assert scored_with(run_dir) == used_by_summarize(machine, run_dir, tmp_path)


def test_another_adapter_does_not_stand_beside_the_scores_of_the_old_one(run_dir, again):
    again("train", "--overwrite", "--set", "lora.rank=2")
    assert not run_dir.evaluation.exists()
    assert not run_dir.diagnosis.exists()


def test_rewritten_settings_keep_the_sums_of_the_other_files(run_dir, again):
    before = json.loads((run_dir.adapter / SETTINGS).read_text(encoding="utf-8"))
    again("evaluate", *BEAMS)
    after = json.loads((run_dir.adapter / SETTINGS).read_text(encoding="utf-8"))
    assert after["sha256"] == before["sha256"]
    assert after["model"] == before["model"]
    assert after["decode"] == before["decode"] | {"beams": 1}


@pytest.mark.parametrize("content", ["", "{}", '{"model": {}}', '{"model": {"device": "tpu"}, "decode": {}}',
                                     '{"model": {"device": "cpu"}, "decode": {"beams": 0}}'])  # fmt: skip
def test_damaged_settings_are_one_message(run_dir, content):
    (run_dir.adapter / SETTINGS).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=SETTINGS):
        load_generation(run_dir.adapter)
