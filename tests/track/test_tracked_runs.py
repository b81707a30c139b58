"""Runs of a tiny model with trackers: they get what the run folder holds, and change nothing in it."""

import csv
import re
import sys

import pytest
import small_runs
import tiny
from fake_tracker import METHODS, Store
from small_runs import RUN, snapshot

import sumtune
from sumtune import cli
from sumtune.commands import pipeline
from sumtune.errors import SumtuneError
from sumtune.evaluate.scorecard_io import load_scorecard
from sumtune.terminal.console import plain_console
from sumtune.track.metrics import metrics_of
from sumtune.train.event_log import read_events

pytestmark = pytest.mark.e2e

WORDS = re.compile(rf"\b({'|'.join((*tiny.NAMES, *tiny.DAYS, *tiny.THINGS))})\b".encode())
"""Words of the conversations. The keys of JSON objects and such are words, too."""
PLAIN_WORDS = {b"keys"}


def words_in(content: bytes) -> set[bytes]:
    return set(WORDS.findall(content)) - PLAIN_WORDS


def logged(name: str) -> list[tuple[int, float]]:
    """What the event log holds of a metric."""
    return [(event["step"], found[name]) for event in read_events(RUN.train_metrics)
            if name in (found := metrics_of(event))]  # fmt: skip


def in_tensorboard(name: str) -> list[tuple[int, float]]:
    """What TensorBoard's own reader finds."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(RUN.tensorboard), size_guidance={"scalars": 0}, purge_orphaned_data=False)
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars(name)]


def test_trackers_get_what_the_folder_holds_and_change_nothing_in_it(place, stores, monkeypatch, capsys) -> None:
    pipeline.run(small_runs.config(), RUN, small_runs.console())
    without = snapshot(RUN.adapter), (RUN.evaluation / "metrics.csv").read_bytes()
    monkeypatch.setattr("sumtune.commands.tracking.LONGEST_WAIT_S", 20)
    good, hanging = stores("good", Store()), stores("hanging", Store())
    hanging.hanging.clear()
    for method in METHODS:
        stores(f"no_{method}", Store()).failing = {method}
    trackers = ["good", "tensorboard", *(f"no_{method}" for method in METHODS), "hanging"]
    monkeypatch.setattr("sumtune.track.follower.Follower.wait", _waiting_less_for("hanging"))
    pipeline.run(small_runs.config(track=trackers), RUN, plain_console(width=200), overwrite=True)
    hanging.hanging.set()
    said = capsys.readouterr().out
    assert (snapshot(RUN.adapter), (RUN.evaluation / "metrics.csv").read_bytes()) == without
    assert sorted(re.findall(r"^Warning: (\w+): .*The run continues", said, re.MULTILINE)) == sorted(trackers[2:])

    for name in ("train/loss", "train/learning_rate", "train/tokens_per_s", "validation/loss"):
        assert list(zip(good.steps(name), good.values(name), strict=True)) == logged(name) != []
        assert in_tensorboard(name) == [(step, pytest.approx(value)) for step, value in logged(name)]
    (row,) = csv.DictReader((RUN.evaluation / "metrics.csv").read_text().splitlines())
    tuned = load_scorecard(RUN).systems["tuned"].metrics
    for metric, value in row.items():
        (score,), (low,), (high,) = (good.values(f"scores/tuned/{metric}{end}") for end in ("", "/low", "/high"))
        assert (f"{score:.6f}", low, high) == (value, tuned[metric].low, tuned[metric].high)
        assert in_tensorboard(f"scores/tuned/{metric}") == [(0, pytest.approx(score))]
    record = RUN.record()
    assert good.values("forecast/training_s") == [record["forecast"]["training_s"]]
    assert good.values("actual/training_s") == [record["training_s"]]
    (run,) = good.runs.values()
    assert run.settings["train.learning_rate"] == "0.01"
    assert good.outcomes == ["finished"]

    assert {"report.html", "adapter/adapter_model.safetensors", "adapter/README.md"} <= set(good.files)
    assert good.files["adapter/adapter_model.safetensors"] == (RUN.adapter / "adapter_model.safetensors").read_bytes()
    sent = {"about": repr(good.runs).encode(), **good.files}
    sent |= {str(path): path.read_bytes() for path in RUN.tensorboard.iterdir()}
    assert {name: words for name, content in sent.items() if (words := words_in(content))} == {}
    sumtune.tune(str(small_runs.DATA), model=f"./{small_runs.MODEL}", run_dir=RUN.root, settings=_settings(),
                 track="good", track_examples=True, progress=False)  # fmt: skip
    assert all(len(words_in(good.files[name])) > 3 for name in ("report.html", "predictions.jsonl"))
    assert len(good.steps("train/loss")) == len(logged("train/loss"))


def test_a_resumed_run_continues_the_event_files(place, stores, monkeypatch) -> None:
    store = stores("fake", Store())
    settings = small_runs.config(track=["tensorboard", "fake"])
    with monkeypatch.context() as patch:
        patch.setattr("sumtune.commands.train.training_progress", small_runs._stopping)
        with pytest.raises(KeyboardInterrupt):
            small_runs.train(settings)
    assert store.outcomes == ["stopped"]
    assert [step for step, _ in in_tensorboard("train/loss")] == [1, 2, 3, 4]
    small_runs.train(settings)
    assert in_tensorboard("train/loss") == [(step, pytest.approx(loss)) for step, loss in logged("train/loss")]
    assert [step for step, _ in in_tensorboard("train/loss")] == store.steps("train/loss") == [1, 2, 3, 4, 5, 6]
    assert len(list(RUN.tensorboard.iterdir())) == 2
    assert list(store.runs) == ["run 1"]
    assert "adapter/adapter_model.safetensors" in store.files
    small_runs.train(small_runs.config(track=["tensorboard", "fake"], train__seed=1), overwrite=True)
    assert len(list(RUN.tensorboard.iterdir())) == 1  # another run
    assert list(store.runs) == ["run 1", "run 2"]


def test_a_failed_run_has_failed_for_its_trackers(place, stores, monkeypatch) -> None:
    store = stores("fake", Store())
    monkeypatch.setattr("sumtune.train.session.validation_loss", _no_validation)
    with pytest.raises(SumtuneError, match="no validation"):
        small_runs.train(small_runs.config(track=["fake"]))
    assert store.outcomes == ["failed"]


@pytest.mark.parametrize("command", ["run", "train"])
def test_a_tracker_that_cannot_be_used_is_refused_before_anything_happens(place, monkeypatch, capsys, command) -> None:
    arguments = [command, "--data", str(small_runs.DATA), "--run-dir", str(RUN.root), "--track", "wandb"]
    monkeypatch.setattr(sys, "argv", ["sumtune", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    assert "Unknown tracker 'wandb'" in capsys.readouterr().err
    assert [path.name for path in RUN.root.rglob("*") if not path.name.startswith(".")] == []


def _settings() -> dict[str, object]:
    """The settings of small runs without those that have an argument of their own."""
    return {key: value for key, value in small_runs.SETTINGS.items() if key not in ("data.path", "model.name")}


def _waiting_less_for(name):
    from sumtune.track.follower import Follower

    wait = Follower.wait
    return lambda self, timeout_s: wait(self, 0.1 if self._name == name else timeout_s)


def _no_validation(_session):
    raise SumtuneError("no validation")
