"""The whole way with tiny models: what it leaves, what it skips, how it goes on after an interrupt."""

import csv
import io
import json
import shlex
import shutil
import time
from contextlib import contextmanager

import pytest
import tiny
from rich.console import Console
from safetensors.torch import load_file
from typer.testing import CliRunner

from sumtune import cli
from sumtune.commands import pipeline
from sumtune.commands.clean import clean_run
from sumtune.commands.diagnose import show_diagnosis
from sumtune.commands.evaluate import evaluate_run
from sumtune.commands.report import write_documents
from sumtune.commands.run_record import recorded_config
from sumtune.config_resolution import resolve
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.read_run import read_run
from sumtune.diagnose.remedies import training as training_remedies
from sumtune.errors import ConfigError, RunDirError
from sumtune.evaluate import evaluate_stage
from sumtune.evaluate.scorecard_io import load_scorecard
from sumtune.files.run_dir import RunDir
from sumtune.train.checkpoint import list_checkpoints
from sumtune.train.checkpoint import load_state as state_of_checkpoint

FILES = {
    ".": ("run.json", "diagnosis.json", "report.html", "MODEL_CARD.md"),
    "data_ingestion": ("train.jsonl", "validation.jsonl", "test.jsonl", "manifest.json"),
    "data_validation": ("report.json",),
    "data_transformation": ("train.safetensors", "validation.safetensors", "prompt.json", "manifest.json"),
    "model_trainer": ("metrics.jsonl", "manifest.json"),
    "model_trainer/adapter": ("adapter_model.safetensors", "adapter_config.json", "prompt.json", "sumtune.json"),
    "model_evaluation": ("metrics.csv", "predictions.jsonl", "scores.json", "manifest.json"),
}
"""What a whole run leaves, by folder."""
SETTINGS = {
    "data.train_share": 1.0,
    "train.epochs": 1, "train.learning_rate": 0.01, "train.validate_every_steps": 3, "train.keep_checkpoints": 2,
    "model.precision": "fp32", "model.max_target_tokens": 16, "decode.beams": 1, "lora.rank": 4,
}  # fmt: skip
INTERRUPTED_AT = 7
one_model = pytest.mark.parametrize("finished", ["t5"], indirect=True)
"""For laws about files that no model changes."""


@pytest.fixture(scope="module", autouse=True)
def _cache(module_cache):
    """The one of this file."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny.write_jsonl(tmp_path_factory.mktemp("data") / "chats.jsonl", 60)


@pytest.fixture(scope="module")
def config_for(tiny_models, data):
    def make(model="gemma", **changed):
        changed = {key.replace("__", "."): value for key, value in changed.items()}
        return resolve(
            "fast", None, SETTINGS | {"data.path": str(data), "model.name": str(tiny_models[model])} | changed
        )

    return make


def console():
    return Console(file=io.StringIO(), width=200)


GEMMA = pytest.param("gemma", marks=pytest.mark.e2e)


@pytest.fixture(scope="module", params=[GEMMA, "t5"])
def finished(request, tmp_path_factory, config_for):
    """Model name, run folder and console output of a whole run; tests must not change it."""
    run_dir, shown = RunDir(tmp_path_factory.mktemp(request.param) / "artifacts"), console()
    pipeline.run(config_for(request.param), run_dir, shown)
    return request.param, run_dir, shown.file.getvalue()


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished run that a test may change."""
    name, run_dir, _ = finished
    return name, RunDir(shutil.copytree(run_dir.root, tmp_path / "artifacts"))


def state_of(folder):
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_run_leaves_every_file_and_no_temporary_one(finished):
    _, run_dir, _ = finished
    left = set(state_of(run_dir.root))
    for folder, names in FILES.items():
        for name in names:
            assert (run_dir.root / folder / name).is_file()
    assert list_checkpoints(run_dir.trainer)
    assert not [name for name in left if ".tmp" in name or ".converting" in name]


def test_metrics_csv_has_the_four_columns_and_one_row(finished):
    _, run_dir, _ = finished
    text = (run_dir.evaluation / "metrics.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "rouge1,rouge2,rougeL,rougeLsum"
    (row,) = csv.DictReader(text.splitlines())
    assert all(0 <= float(value) <= 1 for value in row.values())


def test_what_is_shown_has_forecast_losses_and_all_systems(finished):
    _, _, output = finished
    for expected in (
        "Training samples:", "ESTIMATED TIME", "Epoch 1/1", "tuned", "base", "lead-3", "longest-3", "DIAGNOSIS",
        "Remedy:",
    ):  # fmt: skip
        assert expected in output


def test_the_record_has_configuration_versions_forecast_and_times(finished, config_for):
    name, run_dir, _ = finished
    record = json.loads(run_dir.run_json.read_text(encoding="utf-8"))
    assert record["config"] == config_for(name).model_dump(mode="json")
    assert {"versions", "machine", "forecast", "training_s", "evaluation_s"} <= set(record)
    assert "kernels" in record["machine"]
    assert recorded_config(run_dir) == config_for(name)


def test_the_record_says_how_long_training_took_over_all_restarts_and_scoring_when_it_was_done(copied, config_for):
    name, run_dir = copied
    before = run_dir.record()
    assert before["training_s"] == manifest_of(run_dir)["elapsed_s"] > 0
    assert (
        before["evaluation_s"]
        > sum(system.generation_s or 0 for system in load_scorecard(run_dir).systems.values())
        > 0
    )
    pipeline.run(config_for(name), run_dir, console())
    evaluate_run(recorded_config(run_dir), run_dir, console())
    assert run_dir.record() == before, "nothing was done, so nothing took another time"
    run_dir.run_json.unlink()
    pipeline.run(config_for(name), run_dir, console())
    kept = ("config", "training_s", "evaluation_s")
    record = run_dir.record()
    assert all(record[key] == before[key] for key in kept), "both are known also where the record was lost"


def manifest_of(run_dir):
    return json.loads((run_dir.trainer / "manifest.json").read_text(encoding="utf-8"))


def test_the_signature_says_what_really_ran(finished):
    name, run_dir, _ = finished
    tuned, base = (load_scorecard(run_dir).signature.decoding[system] for system in ("tuned", "base"))
    engine, formats = {"gemma": ("native", {"int8"}), "t5": ("ctranslate2", {"int8_float32", "float32"})}[name]
    assert tuned["engine"] == base["engine"] == engine
    assert {tuned["number_format"], base["number_format"]} <= formats, "int8 may saturate on this processor"
    assert (tuned["beams"], tuned["length_penalty"]) == (1, None)
    if name == "gemma":
        assert (tuned["smoothed"], tuned["shortlist"]) == (True, None), "the list is longer than this vocabulary"


def test_no_dialogue_is_in_the_record_or_the_log(finished):
    _, run_dir, _ = finished
    files = (run_dir.run_json, run_dir.train_metrics, run_dir.diagnosis)
    logged = "".join(file.read_text(encoding="utf-8") for file in files)
    for number in range(60):
        for line in tiny.conversation(number)["dialogue"].splitlines():
            assert line not in logged


def test_the_same_run_again_is_skipped_and_shows_the_table(copied, config_for):
    name, run_dir = copied
    show_diagnosis(run_dir, console())  # its commands name the folder, which the copy has changed
    write_documents(run_dir)
    before, shown, begun = state_of(run_dir.root), console(), time.monotonic()
    pipeline.run(config_for(name), run_dir, shown)
    assert time.monotonic() - begun < 5
    after = state_of(run_dir.root)
    assert {file for file in after if after[file] != before.get(file)} <= {"run.json"}
    assert set(after) == set(before)
    assert "training is skipped" in shown.file.getvalue()
    assert "tuned" in shown.file.getvalue()


@one_model
def test_other_settings_are_refused_by_name_and_nothing_changes(copied, config_for):
    name, run_dir = copied
    before = state_of(run_dir.root)
    with pytest.raises(RunDirError, match=r"lora\.rank: 4 → 2") as refused:
        pipeline.run(config_for(name, lora__rank=2), run_dir, console())
    assert "--overwrite" in str(refused.value)
    assert "train.epochs" not in str(refused.value)
    assert state_of(run_dir.root) == before


@one_model
def test_overwrite_replaces_the_run(copied, config_for):
    name, run_dir = copied
    pipeline.run(config_for(name, lora__rank=2), run_dir, console(), overwrite=True)
    adapter = json.loads((run_dir.adapter / "adapter_config.json").read_text(encoding="utf-8"))
    assert adapter["r"] == 2
    assert recorded_config(run_dir).lora.rank == 2
    events = [json.loads(line) for line in run_dir.train_metrics.read_text(encoding="utf-8").splitlines()]
    assert [event["event"] for event in events].count("start") == 1, "the log of the old run is gone"


def test_changed_data_under_the_same_name_are_noticed(config_for, tmp_path):
    run_dir, file = RunDir(tmp_path / "artifacts"), tiny.write_jsonl(tmp_path / "own.jsonl", 60)
    config = config_for("t5", data__path=str(file))
    pipeline.train(config, run_dir, console())
    tiny.write_jsonl(file, 60, start=100)
    before = state_of(run_dir.trainer)
    with pytest.raises(RunDirError, match="other data"):
        pipeline.train(config, run_dir, console())
    assert state_of(run_dir.trainer) == before


@one_model
def test_the_record_is_of_the_newest_settings_also_where_training_is_skipped(copied, config_for):
    name, run_dir = copied
    pipeline.run(config_for(name, decode__beams=2), run_dir, console())
    assert recorded_config(run_dir).decode.beams == 2


@contextmanager
def interrupting(_console, _expected=None):
    """A reporter at which somebody presses Control-C in the middle of the training."""

    def report(event):
        if event["event"] == "step" and event["step"] == INTERRUPTED_AT:
            raise KeyboardInterrupt

    yield report


@pytest.mark.parametrize(
    ("finished", "resume"), [pytest.param("gemma", False, marks=pytest.mark.e2e), ("t5", True)], indirect=["finished"]
)
def test_an_interrupted_run_goes_on_and_ends_with_the_same_adapter(finished, config_for, tmp_path, monkeypatch, resume):
    name, straight, _ = finished
    run_dir = RunDir(tmp_path / "artifacts")
    with monkeypatch.context() as patch:
        patch.setattr("sumtune.commands.train.training_progress", interrupting)
        with pytest.raises(KeyboardInterrupt):
            pipeline.train(config_for(name), run_dir, console())
    assert not run_dir.adapter.exists()
    interrupted_after_s = state_of_checkpoint(run_dir.trainer / "checkpoint-6").elapsed_s
    shown = console()
    pipeline.train(config_for(name), run_dir, shown, resume=resume)
    assert "Continuing from step 6." in shown.file.getvalue()
    for file in ("adapter_model.safetensors", "adapter_config.json", "prompt.json", "sumtune.json"):
        assert (run_dir.adapter / file).read_bytes() == (straight.adapter / file).read_bytes()
    assert losses(run_dir) == losses(straight)
    assert run_dir.record()["training_s"] == manifest_of(run_dir)["elapsed_s"] > interrupted_after_s


def losses(run_dir):
    """Step and loss of every step and validation in the log."""
    events = map(json.loads, run_dir.train_metrics.read_text(encoding="utf-8").splitlines())
    return [(event["event"], event["step"], event["loss"]) for event in events if "loss" in event]


def test_nothing_to_resume_from_is_an_error(config_for, tmp_path):
    with pytest.raises(RunDirError, match="no intact checkpoint to resume from"):
        pipeline.train(config_for(), RunDir(tmp_path / "artifacts"), console(), resume=True)


def test_evaluate_with_another_decoding_scores_again_and_with_the_same_does_not(copied):
    _, run_dir = copied
    before = state_of(run_dir.evaluation)
    evaluate_run(recorded_config(run_dir), run_dir, console())
    assert state_of(run_dir.evaluation) == before
    card = evaluate_run(recorded_config(run_dir, ("decode.beams=2",)), run_dir, console())
    assert beams(card.signature.decoding) == {"tuned": 2, "base": 1}
    after = state_of(run_dir.evaluation)
    assert all(after[name] > before[name] for name in before)
    scores = json.loads((run_dir.evaluation / "scores.json").read_text(encoding="utf-8"))
    assert beams(scores["signature"]["decoding"]) == {"tuned": 2, "base": 1}


def beams(decoding):
    return {system: settings["beams"] for system, settings in decoding.items()}


def sumtune(command):
    result = CliRunner().invoke(cli.app, shlex.split(command)[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def texts_of(run_dir, system):
    return [example.systems[system].text for example in load_scorecard(run_dir).examples]


def test_the_remedy_of_an_adapter_that_was_not_used_makes_engines_and_scores_anew(copied, monkeypatch):
    _, run_dir = copied
    right, build = texts_of(run_dir, "tuned"), evaluate_stage.build_for_any_length

    def without_adapter(source, _adapter, *others):
        return build(source, None, *others)

    with monkeypatch.context() as patch:
        patch.setattr(evaluate_stage, "build_for_any_length", without_adapter)
        evaluate_run(recorded_config(run_dir), run_dir, console(), again=True)
    made = {path.name: path.stat().st_mtime_ns for path in run_dir.trainer.iterdir()}
    same, context = texts_of(run_dir, "tuned"), read_run(run_dir)
    assert same == texts_of(run_dir, "base") != right
    (command,) = training_remedies.adapter_not_used(None, context).commands
    sumtune(command.removesuffix(" --again"))
    assert texts_of(run_dir, "tuned") == same, "without --again nothing has changed, so the scores are those"
    sumtune(command)
    assert texts_of(run_dir, "tuned") == right
    engines = [path for kind in ("native", "ctranslate2") for path in run_dir.trainer.glob(f"adapter.{kind}-*")]
    assert engines
    assert all(made.get(path.name) != path.stat().st_mtime_ns for path in engines)


@pytest.mark.e2e
def test_the_remedy_of_a_learning_rate_that_is_too_low_trains_again_and_learns(config_for, tmp_path):
    run_dir, seldom = RunDir(tmp_path / "artifacts"), {"train__validate_every_steps": 12, "train__epochs": 4}
    pipeline.run(config_for("t5", train__learning_rate=1e-7, **seldom), run_dir, console())
    (finding,) = [one for one in diagnose(read_run(run_dir)).findings if one.code == "learning_rate_too_low"]
    before = load_file(run_dir.adapter / "adapter_model.safetensors")
    sumtune(finding.commands[0])
    after = load_file(run_dir.adapter / "adapter_model.safetensors")
    assert any((after[name] - weight).abs().max() > 1e-4 for name, weight in before.items())
    assert recorded_config(run_dir).train.learning_rate == 3e-4
    assert "learning_rate_too_low" not in [one.code for one in diagnose(read_run(run_dir)).findings]


def test_evaluating_a_folder_without_a_run_and_unknown_settings_are_errors(copied, tmp_path):
    with pytest.raises(RunDirError, match="sumtune run"):
        recorded_config(RunDir(tmp_path / "none"))
    with pytest.raises(ConfigError, match=r"Did you mean decode\.beams"):
        recorded_config(copied[1], ("decode.beam=2",))


def test_clean_keeps_newest_best_and_adapter_and_all_keeps_the_adapter(config_for, tmp_path):
    run_dir = RunDir(tmp_path / "artifacts")
    pipeline.train(config_for("t5", train__keep_checkpoints=50), run_dir, console())
    checkpoints = list_checkpoints(run_dir.trainer)
    assert len(checkpoints) > 3
    adapter = {path.name: path.read_bytes() for path in run_dir.adapter.iterdir()}
    best = json.loads((run_dir.trainer / "manifest.json").read_text(encoding="utf-8"))["best_step"]
    said = clean_run(run_dir)
    kept = {path.name for path in list_checkpoints(run_dir.trainer)}
    assert kept == {checkpoints[-1].name, f"checkpoint-{best}"}
    assert f"{len(checkpoints) - len(kept)} of {len(checkpoints)}" in said
    clean_run(run_dir, everything=True)
    assert list_checkpoints(run_dir.trainer) == []
    assert {path.name: path.read_bytes() for path in run_dir.adapter.iterdir()} == adapter
    assert "no checkpoints" in clean_run(run_dir)
    shown = console()
    pipeline.train(config_for("t5", train__keep_checkpoints=50), run_dir, shown)
    assert "training is skipped" in shown.file.getvalue()
