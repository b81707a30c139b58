"""`sumtune run`: the stages in order, meeting only in the run folder."""

import os
import platform
import shlex
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache, partial
from importlib.metadata import version
from typing import Any

from rich.console import Console

from sumtune.config import Config, assignment, revise
from sumtune.data import ingest
from sumtune.data.finding import display
from sumtune.diagnose import stage as diagnose_stage
from sumtune.errors import RunDirError
from sumtune.evaluate import stage as evaluate_stage
from sumtune.evaluate.scorecard import Scorecard
from sumtune.files.atomic import write_json
from sumtune.files.locking import locked
from sumtune.files.run_dir import RunDir
from sumtune.forecast.fitting import fitted
from sumtune.forecast.forecast import evaluation_seconds, forecast, forecast_of_rest, known_peak, learn
from sumtune.memory import give_memory_back
from sumtune.model import encode_stage as encode
from sumtune.model.adapter_files import SETTINGS
from sumtune.model.adapter_settings import GenerationSettings, load_generation
from sumtune.model.sources import locate
from sumtune.summarizer import Progress
from sumtune.terminal import diagnosis as show_diagnosis
from sumtune.terminal import progress as live
from sumtune.terminal import scores as show
from sumtune.terminal.announcement import announcement
from sumtune.train import checkpoint
from sumtune.train import session as training
from sumtune.train.checkpoint import TrainState

__all__ = ["diagnose", "evaluate", "recorded_config", "run", "train"]


def run(config: Config, run_dir: RunDir, console: Console, *, resume: bool = False, overwrite: bool = False) -> None:
    """Data → tuned adapter → scores → diagnosis, each stage skipped where its result is there already."""
    run_dir.require_usable()
    with locked(run_dir.root):
        _train(config, run_dir, console, resume, overwrite, evaluates=True)
        give_memory_back()
        _evaluate(config, run_dir, console)
        diagnose(run_dir, console)


def train(config: Config, run_dir: RunDir, console: Console, *, resume: bool = False, overwrite: bool = False) -> None:
    """Every stage up to the tuned adapter.

    Raises:
        RunDirError: the folder holds a run with other settings or data, and `overwrite` is False.
        StoppedError: the user stopped the training; the same command continues it.
    """
    run_dir.require_usable()
    with locked(run_dir.root):
        _train(config, run_dir, console, resume, overwrite, evaluates=False)


def evaluate(config: Config, run_dir: RunDir, console: Console, *, again: bool = False) -> Scorecard:
    """Score the adapter of the run folder beside base and baselines, and show the result.

    With `again` engines and scores are made anew even where nothing changed.
    """
    run_dir.require(run_dir.adapter, "train")
    with locked(run_dir.root):
        return _evaluate(config, run_dir, console, again)


def _train(
    config: Config, run_dir: RunDir, console: Console, resume: bool, overwrite: bool, *, evaluates: bool
) -> None:
    if not overwrite:
        _require_same_settings(config, run_dir)
    locate(config.model.name, config.model.revision)  # a wrong name is told before the data are read
    make_encoder = cache(partial(encode.make_encoder, config.model))  # not needed where nothing changed
    ingested = ingest.run(config, run_dir, lambda texts: make_encoder().count(texts))
    for line in display(ingested.findings):
        console.print(line, highlight=False, markup=False)
    encode.run(config, run_dir, make_encoder)
    make_encoder.cache_clear()  # a vocabulary of 262,144 tokens is half a gigabyte
    give_memory_back()
    if training.finished(config, run_dir):
        _skip_training(config, run_dir, console, evaluates)
        return
    going_on = _continues(config, run_dir, console, resume, overwrite)
    evaluation_s = _evaluation_forecast(config, run_dir, going_on) if evaluates else None
    session = training.prepare(config, run_dir, going_on.precision if going_on else "")
    session = fitted(session, known_peak(session))
    rest = forecast_of_rest(session, going_on.step, evaluation_s) if going_on else None
    expected = rest or forecast(session, evaluation_s)
    _begin_record(run_dir, config, vars(expected) | {"total_s": expected.total_s})
    console.print(announcement(session, expected), highlight=False, markup=False)
    if going_on is not None:
        console.print(f"Continuing from step {going_on.step}.", highlight=False)
    with live.training(console) as report:
        state = training.run(session, report, resume=going_on is not None)
    _record(run_dir, {"training_s": state.elapsed_s})
    if going_on is None:
        learn(session, expected, state.elapsed_s)


def _skip_training(config: Config, run_dir: RunDir, console: Console, evaluates: bool) -> None:
    """Record the settings and say that the adapter is there; only an evaluation changes how it generates."""
    before, asked = load_generation(run_dir.adapter), GenerationSettings.of(config)
    recorded = config if evaluates else config.model_copy(update={"decode": before.decode})
    seconds = training.elapsed_seconds(run_dir)
    _record(run_dir, {"config": recorded.model_dump(mode="json"), "training_s": seconds})
    console.print(f"The adapter in {run_dir.adapter} is of exactly these data and settings: training is skipped.")
    if not evaluates and (changes := before.changes_to(asked)):
        settings = shlex.join(part for key, (_, new) in changes.items() for part in ("--set", assignment(key, new)))
        command = f"sumtune evaluate --run-dir {shlex.quote(str(run_dir.root))} {settings}"
        console.print(f"It generates as before ({_shown(changes)} would be new); to score and use that: {command}",
                      highlight=False, markup=False, soft_wrap=True)  # fmt: skip


def _shown(changes: Mapping[str, tuple[Any, Any]]) -> str:
    return ", ".join(f"{key}: {old} → {new}" for key, (old, new) in changes.items())


def _evaluation_forecast(config: Config, run_dir: RunDir, going_on: TrainState | None) -> float:
    """Return what was forecast at the start of a resumed run; else measure, before training needs the memory."""
    record, mine = run_dir.record(), config.model_dump(mode="json")
    same = all(record.get("config", {}).get(section) == mine[section] for section in ("decode", "evaluate"))
    said = (record.get("forecast") or {}).get("evaluation_s") if going_on and same else None
    return evaluation_seconds(config, run_dir) if said is None else float(said)


def _evaluate(config: Config, run_dir: RunDir, console: Console, again: bool = False) -> Scorecard:
    before = load_generation(run_dir.adapter)
    with ExitStack() as bars:

        def start(name: str, total: int) -> Progress:
            return bars.enter_context(live.generation(console, name, total))

        scorecard = evaluate_stage.run(config, run_dir, start, again=again)
    _record_evaluation(config, run_dir, scorecard)
    for panel in show.examples(scorecard, config.evaluate.shown_examples):
        console.print(panel)
    console.print(show.table(scorecard))
    console.print(show.faithfulness(scorecard))
    for name, path in {"Scores": run_dir.evaluation / "metrics.csv", "Adapter": run_dir.adapter}.items():
        console.print(f"{name}: {path}", highlight=False, soft_wrap=True)
    if changes := before.changes_to(GenerationSettings.of(config)):
        console.print(f"Changed ({_shown(changes)}): `summarize` and `serve` now generate as scored here.",
                      highlight=False, markup=False, soft_wrap=True)  # fmt: skip
    return scorecard


def _record_evaluation(config: Config, run_dir: RunDir, scorecard: Scorecard) -> None:
    """Record how the adapter generates, and how long the scores took when they were made."""
    recorded = run_dir.record().get("config", {}) | {"decode": config.decode.model_dump(mode="json")}
    _record(run_dir, {"config": recorded, "evaluation_s": scorecard.elapsed_s})


def diagnose(run_dir: RunDir, console: Console) -> None:
    """Says what holds the score down, and leaves it in `diagnosis.json`."""
    for line in show_diagnosis.lines(diagnose_stage.run(run_dir)):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def recorded_config(run_dir: RunDir, assignments: tuple[str, ...] = ()) -> Config:
    """The configuration of the run in the folder, changed by `key=value` texts; the adapter decides how it generates.

    Raises:
        RunDirError: the folder holds no run.
        ModelError: the adapter's settings cannot be read.
    """
    recorded = run_dir.record().get("config")
    if recorded is None:
        raise RunDirError(f"{run_dir.root} holds no run: run `sumtune run --run-dir {run_dir.root}` first.")
    config = Config.model_validate(recorded)
    if (run_dir.adapter / SETTINGS).is_file():
        config = load_generation(run_dir.adapter).applied_to(config)
    return revise(config, assignments)


def _require_same_settings(config: Config, run_dir: RunDir) -> None:
    """Keeps a run with other data, model or training settings from being overwritten unasked."""
    recorded = run_dir.record().get("config")
    if recorded is None:
        return
    mine = config.model_dump(mode="json")
    changed = [
        f"{section}.{key}: {recorded.get(section, {}).get(key)!r} → {value!r}"
        for section in ("data", "model", "lora", "train")
        for key, value in mine[section].items()
        if recorded.get(section, {}).get(key) != value
    ]
    if changed:
        raise RunDirError(
            f"{run_dir.root} holds a run with other settings:\n  " + "\n  ".join(changed) + "\n"
            "Give --run-dir DIR for a new folder, or --overwrite to replace that run."
        )


def _continues(config: Config, run_dir: RunDir, console: Console, resume: bool, overwrite: bool) -> TrainState | None:
    """The state that this run continues from, if it does.

    Raises:
        RunDirError: there is none to resume from, or what is there belongs to other data.
    """
    newest, damaged = checkpoint.newest(run_dir.trainer)
    for reason in damaged:
        console.print(f"warning: left out, damaged: {reason}", highlight=False, markup=False)
    if newest is None:
        if resume:
            raise RunDirError(f"{run_dir.trainer} has no whole checkpoint to resume from: run without --resume.")
        if run_dir.adapter.exists() and not overwrite:
            raise _other_data(run_dir)
        return None
    state = checkpoint.state_of(newest)
    if state.fingerprint == training.training_fingerprint(config, run_dir):
        return state
    if resume or not overwrite:
        raise _other_data(run_dir)
    return None


def _other_data(run_dir: RunDir) -> RunDirError:
    return RunDirError(
        f"{run_dir.trainer} holds what was trained on other data or settings: give --run-dir DIR for a new folder, "
        "or --overwrite to replace it."
    )


def _begin_record(run_dir: RunDir, config: Config, forecast: Mapping[str, object]) -> None:
    """Begins `run.json` anew."""
    packages = ("sumtune", "torch", "transformers", "peft", "ctranslate2", "rouge-score")
    record = {
        "config": config.model_dump(mode="json"),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "forecast": forecast,
    }
    write_json(run_dir.run_json, record)


def _record(run_dir: RunDir, entries: Mapping[str, Any]) -> None:
    """Adds to `run.json`."""
    write_json(run_dir.run_json, run_dir.record() | dict(entries))
