"""`sumtune run` with learning to rank: every stage, what is shown, and what a restart repeats."""

import io
import json
import shutil
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest
import tiny
from safetensors.torch import load_file

from sumtune.commands import pipeline
from sumtune.commands.clean import clean_run
from sumtune.config_resolution import resolve
from sumtune.errors import RunDirError, StoppedError
from sumtune.files.run_dir import RunDir
from sumtune.model.load import load_base
from sumtune.model.lora import load_adapter
from sumtune.rank import candidates
from sumtune.terminal.console import plain_console
from sumtune.train import session as training
from sumtune.train.checkpoint import list_checkpoints
from sumtune.train.event_log import read_events

pytestmark = pytest.mark.e2e
SETTINGS = {
    "model.precision": "fp32", "model.max_source_tokens": 128, "model.max_target_tokens": 16, "train.epochs": 1,
    "train.validate_every_steps": 4, "train.learning_rate": 0.01, "decode.beams": 1, "lora.rank": 4,
    "evaluate.base": False, "rank.candidates": 3, "rank.half_epochs": 1,
}  # fmt: skip


def console():
    return plain_console(file=io.StringIO(), width=200)


@pytest.fixture(autouse=True)
def _cache(module_cache, monkeypatch):
    monkeypatch.setattr(candidates, "CHUNK", 8)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for split, count, start in (("train", 22, 0), ("validation", 6, 50), ("test", 4, 70)):
        tiny.write_jsonl(folder / f"{split}.jsonl", count, start)
    return folder


@pytest.fixture(scope="module", params=["gemma", "t5"])
def finished(request, tiny_models, data, tmp_path_factory, module_cache):
    """A model's name, its configuration, a finished run, and what it said."""
    paths = {"model.name": str(tiny_models[request.param]), "data.path": str(data)}
    config = resolve(overrides=SETTINGS | paths)
    run_dir, shown = RunDir(tmp_path_factory.mktemp("finished") / "run"), console()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "CHUNK", 8)
        pipeline.run(config, run_dir, shown)
    return request.param, config, run_dir, shown.file.getvalue()


one_family = pytest.mark.parametrize("finished", ["gemma"], indirect=True)
"""For what does not depend on the architecture."""


def weights(folder):
    return (folder / "adapter_model.safetensors").read_bytes()


def test_every_stage_is_announced_timed_and_shown(finished):
    _, _, run_dir, shown = finished
    for words in ("Ranking: 3 candidates for each example", "Of the training: references ", "Training: half 1 of 2",
                  "Training: half 2 of 2", "Candidates: 22/22", "Training: ranking"):  # fmt: skip
        assert words in shown
    record = run_dir.record()
    assert set(record["forecast"]["rank_s"]) == {"halves_s", "candidates_s", "ranking_s"}
    assert all(seconds > 0 for seconds in record["forecast"]["rank_s"].values())
    assert record["forecast"]["rank_left_s"] == pytest.approx(sum(record["forecast"]["rank_s"].values()))
    stages = [run_dir.at_stage(name) for name in training.STAGES]
    first = [read_events(one.train_metrics)[0] for one in stages]
    assert [event["stage"] for event in first] == ["half 1 of 2", "half 2 of 2", "ranking"]
    logged = sum(read_events(one.train_metrics)[-1]["elapsed_s"] for one in (run_dir, *stages))
    manifest = json.loads((run_dir.trainer / "manifest.json").read_text())
    assert record["training_s"] == manifest["elapsed_s"] > logged


def test_the_published_adapter_loads_and_is_not_that_of_the_references(finished):
    _, config, run_dir, _ = finished
    load_adapter(load_base(Path(config.model.name), None), run_dir.adapter)
    assert weights(run_dir.adapter) != weights(run_dir.supervised)
    assert (run_dir.evaluation / "metrics.csv").exists()


def test_the_same_run_again_is_skipped(finished):
    _, config, run_dir, _ = finished
    before, shown = weights(run_dir.adapter), console()
    pipeline.train(config, run_dir, shown)
    assert "training is skipped" in shown.file.getvalue()
    assert weights(run_dir.adapter) == before


@one_family
def test_without_ranking_the_adapter_is_that_of_the_references(finished, tmp_path):
    _, config, run_dir, _ = finished
    off = config.model_copy(update={"rank": config.rank.model_copy(update={"candidates": 0})})
    pipeline.train(off, RunDir(tmp_path / "run"), console())
    assert weights(RunDir(tmp_path / "run").adapter) == weights(run_dir.supervised)
    names = {path.name for path in RunDir(tmp_path / "run").trainer.iterdir()}
    assert not names & {"supervised", "candidates", *training.STAGES}
    assert "stage" not in read_events(RunDir(tmp_path / "run").train_metrics)[0]


@one_family
def test_other_settings_of_ranking_are_refused_by_name(finished):
    _, config, run_dir, _ = finished
    other = config.model_copy(update={"rank": config.rank.model_copy(update={"margin": 1.0})})
    with pytest.raises(RunDirError, match=r"rank\.margin: 3\.0 → 1\.0"):
        pipeline.train(other, run_dir, console())


@one_family
def test_a_record_of_an_earlier_release_counts_as_without_ranking(finished, tmp_path):
    _, config, _, _ = finished
    off = config.model_copy(update={"rank": config.rank.model_copy(update={"candidates": 0})})
    run_dir = RunDir(tmp_path / "run")
    pipeline.train(off, run_dir, console())
    record = json.loads(run_dir.run_json.read_text())
    del record["config"]["rank"], record["checksum"]
    run_dir.run_json.write_text(json.dumps(record))
    shown = console()
    pipeline.train(off, run_dir, shown)
    assert "training is skipped" in shown.file.getvalue()
    with pytest.raises(RunDirError, match=r"rank\.candidates: 0 → 3"):
        pipeline.train(config, run_dir, console())


def test_an_interrupted_run_goes_on_in_its_stage(finished, tmp_path, monkeypatch):
    name, config, straight, _ = finished
    stop = {"gemma": ("half 2 of 2", 2), "t5": ("ranking", 3)}[name]
    run_dir = RunDir(tmp_path / "run")

    @contextmanager
    def interrupting(_console, _expected=None):
        now = ""

        def report(event):
            nonlocal now
            now = event.get("stage", now)
            if event["event"] == "step" and (now, event["step"]) == stop:
                raise KeyboardInterrupt

        yield report

    with monkeypatch.context() as patch:
        patch.setattr("sumtune.commands.train.training_progress", interrupting)
        with pytest.raises(KeyboardInterrupt):
            pipeline.train(config, run_dir, console())
    assert not run_dir.adapter.exists()
    shown = console()
    pipeline.train(config, run_dir, shown)
    assert weights(run_dir.adapter) == weights(straight.adapter)
    assert "Training: half 1 of 2" not in shown.file.getvalue()
    forecast = run_dir.record()["forecast"]
    assert 0 < forecast["rank_left_s"] < sum(forecast["rank_s"].values())


@one_family
def test_a_signal_while_candidates_are_written_stops_after_a_part(finished, tmp_path, monkeypatch):
    _, config, straight, _ = finished
    run_dir, saved = RunDir(tmp_path / "run"), candidates.save_candidates

    def saving(*arguments):
        saved(*arguments)
        signal.raise_signal(signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(candidates, "save_candidates", saving)
        with pytest.raises(StoppedError, match="every finished part is saved"):
            pipeline.train(config, run_dir, console())
    assert len(list(run_dir.candidates.iterdir())) == 1
    pipeline.train(config, run_dir, console())
    assert weights(run_dir.adapter) == weights(straight.adapter)


@one_family
def test_overwrite_and_clean_leave_nothing_of_the_stages(finished, tmp_path):
    _, config, straight, _ = finished
    run_dir = RunDir(shutil.copytree(straight.root, tmp_path / "run"))
    assert list_checkpoints(run_dir.at_stage("ranking").trainer)
    clean_run(run_dir)
    assert len(list_checkpoints(run_dir.at_stage("ranking").trainer)) in (1, 2)
    clean_run(run_dir, everything=True)
    assert not list_checkpoints(run_dir.at_stage("ranking").trainer)
    other = config.model_copy(update={"rank": config.rank.model_copy(update={"candidates": 0})})
    pipeline.train(other, run_dir, console(), overwrite=True)
    assert weights(run_dir.adapter) == weights(straight.supervised)
    assert not {path.name for path in run_dir.trainer.iterdir()} & {"supervised", "candidates", *training.STAGES}
    assert load_file(run_dir.adapter / "adapter_model.safetensors")
