"""`sumtune run`: the stages in order, meeting only in the run folder."""

import os
import platform
import shlex
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import version
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from sumtune.config import Config, assignment, revise
from sumtune.data import ingest
from sumtune.data.issues import display
from sumtune.diagnose.diagnose_stage import diagnose_run
from sumtune.errors import RunDirError
from sumtune.evaluate import stage as evaluate_stage
from sumtune.evaluate.scorecard import Scorecard
from sumtune.files.draft import adopt, drafted
from sumtune.files.locking import locked
from sumtune.files.records import find_record, write_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import MANIFEST
from sumtune.forecast.fitting import fitted
from sumtune.forecast.forecast import Forecast, evaluation_seconds, forecast, forecast_of_rest, known_peak, learn
from sumtune.memory import give_memory_back
from sumtune.model import encode_stage as encode
from sumtune.model.adapter_files import SETTINGS
from sumtune.model.adapter_settings import GenerationSettings, load_generation
from sumtune.model.precision import choose_device
from sumtune.summarizer import Progress
from sumtune.terminal import diagnosis as show_diagnosis
from sumtune.terminal import progress as live
from sumtune.terminal import scores as show
from sumtune.terminal.announcement import announcement
from sumtune.train import checkpoint
from sumtune.train import session as training
from sumtune.train.checkpoint import TrainState
from sumtune.train.publish import adapter_damage, elapsed_seconds, finished, training_fingerprint
from sumtune.train.session import Session

__all__ = ["diagnose", "evaluate", "recorded_config", "run", "train"]


def run(config: Config, run_dir: RunDir, console: Console, *, resume: bool = False, overwrite: bool = False) -> None:
    """Data → tuned adapter → scores → diagnosis, each stage skipped where its result is there already."""
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
    with locked(run_dir.root):
        _train(config, run_dir, console, resume, overwrite, evaluates=False)


def evaluate(config: Config, run_dir: RunDir, console: Console, *, again: bool = False) -> Scorecard:
    """Score the adapter of the run folder beside base and baselines, and show the result.

    With `again` engines and scores are made anew even where nothing changed.
    """
    run_dir.require(run_dir.adapter, "train")
    with locked(run_dir.root):
        scorecard = _evaluate(config, run_dir, console, again)
    for line in display(ingest.truncated_dialogues(run_dir)):
        console.print(line, highlight=False, markup=False)
    return scorecard


@dataclass(frozen=True)
class _Planned:
    """A training that nothing speaks against."""

    session: Session
    expected: Forecast
    going_on: TrainState | None
    """Where it continues; None where it begins."""


def _train(
    config: Config, run_dir: RunDir, console: Console, resume: bool, overwrite: bool, *, evaluates: bool
) -> None:
    """Trains unless that is done. Whatever refuses the run does so before anything in its folder is replaced."""
    if not overwrite:
        _require_same_settings(config, run_dir)
    allowed = _allowed(config, console)
    with drafted(run_dir) as draft:
        _prepare_data(config, allowed, draft, console)
        if finished(config, draft):
            adopt(draft)
            _skip_training(config, run_dir, console, evaluates)
            return
        planned = _plan(config, draft, console, resume, overwrite, evaluates)
        if planned.going_on is None:
            training.clear(run_dir)
        adopt(draft)
    session = replace(planned.session, run_dir=run_dir)
    _learn(config, session, planned, console)


def _prepare_data(config: Config, allowed: Config, run_dir: RunDir, console: Console) -> None:
    """The stages ingest, validate, split and encode."""
    make_encoder = cache(partial(encode.make_encoder, config.model))  # not needed where nothing changed
    ingested = ingest.run(allowed, run_dir, make_encoder)
    for line in display(ingested.issues):
        console.print(line)
    encode.run(config, run_dir, make_encoder)
    make_encoder.cache_clear()  # a vocabulary of 262,144 tokens is half a gigabyte
    give_memory_back()


def _plan(
    config: Config, run_dir: RunDir, console: Console, resume: bool, overwrite: bool, evaluates: bool
) -> _Planned:
    """The training of the data of `run_dir`, measured beforehand.

    Raises:
        SumtuneError: something speaks against it.
    """
    going_on = _continues(config, run_dir, console, resume, overwrite)
    evaluation_s = _evaluation_forecast(config, run_dir, going_on) if evaluates else None
    session = training.prepare(config, run_dir, going_on.precision if going_on else "")
    if going_on is None:
        training.require_room(session)
    session = fitted(session, known_peak(session))
    rest = forecast_of_rest(session, going_on.step, evaluation_s) if going_on else None
    return _Planned(session, rest or forecast(session, evaluation_s), going_on)


def _learn(config: Config, session: Session, planned: _Planned, console: Console) -> None:
    """The stage train."""
    run_dir, expected, going_on = session.run_dir, planned.expected, planned.going_on
    record = {"config": config.model_dump(mode="json"), **_circumstances()}
    write_record(run_dir.run_json, {**record, "forecast": vars(expected) | {"total_s": expected.total_s}})
    console.print(announcement(session, expected))
    if going_on is not None:
        console.print(f"Continuing from step {going_on.step}.")
    with live.training(console) as report:
        state = training.run(session, report, resume=going_on is not None)
    _record(run_dir, {"training_s": state.elapsed_s})
    if going_on is None:
        learn(session, expected, state.elapsed_s)


def _allowed(config: Config, console: Console) -> Config:
    """Return `config` with token limits that the model allows; what is wrong with it is known before data are read.

    Raises:
        ConfigError: the device is not there.
        ModelError: the model is missing or of no use, or has no positions for a dialogue.
    """
    choose_device(config.model.device)
    model = encode.fitted(config.model)
    for note in encode.changes(config.model, model):
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    return config.model_copy(update={"model": model})


def _skip_training(config: Config, run_dir: RunDir, console: Console, evaluates: bool) -> None:
    """Record the settings and say that the adapter is there; only an evaluation changes how it generates."""
    before, asked = load_generation(run_dir.adapter), GenerationSettings.of(config)
    recorded = config if evaluates else config.model_copy(update={"decode": before.decode})
    seconds = elapsed_seconds(run_dir)
    _record(run_dir, {**_circumstances(), **_recorded(run_dir), "config": recorded.model_dump(mode="json"),
                      "training_s": seconds})  # fmt: skip
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
    record, mine = _recorded(run_dir), config.model_dump(mode="json")
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
    engines = {f"{made['engine']} {made['number_format']}" for made in scorecard.signature.decoding.values()}
    console.print(f"Generated with: {', '.join(sorted(engines))}")
    for name, path in {"Scores": run_dir.evaluation / "metrics.csv", "Adapter": run_dir.adapter}.items():
        console.print(f"{name}: {path}", soft_wrap=True)
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
    for line in show_diagnosis.lines(diagnose_run(run_dir)):
        console.print(line, soft_wrap=True)


def recorded_config(run_dir: RunDir, assignments: tuple[str, ...] = ()) -> Config:
    """The configuration of the run in the folder, changed by `key=value` texts; the adapter decides how it generates.

    Raises:
        RunDirError: the folder holds no run.
        ModelError: the adapter's settings cannot be read.
    """
    recorded = run_dir.record().get("config")
    if recorded is None:
        raise RunDirError(f"{run_dir.root} holds no run: run `sumtune run --run-dir {run_dir.root}` first.")
    try:
        trained = Config.model_validate(recorded)
    except ValidationError:
        raise RunDirError(
            f"{run_dir.run_json} has settings of another version of sumtune: {run_dir.remedy('run')}"
        ) from None
    before = trained
    if (run_dir.adapter / SETTINGS).is_file():
        before = load_generation(run_dir.adapter).applied_to(trained)
    config = revise(before, assignments)
    if config.model.device != before.model.device:  # asked for now; that of the training may be another machine's
        choose_device(config.model.device)
    return config


def _require_same_settings(config: Config, run_dir: RunDir) -> None:
    """Keeps a run with other data, model or training settings from being overwritten unasked."""
    recorded = _recorded(run_dir).get("config")
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
        console.print(f"warning: left out, damaged: {reason}")
    if newest is None:
        if resume:
            raise RunDirError(f"{run_dir.trainer} has no whole checkpoint to resume from: run without --resume.")
        if not overwrite:
            _require_nothing_published(config, run_dir)
        return None
    state = checkpoint.state_of(newest)
    if state.fingerprint == training_fingerprint(config, run_dir):
        return state
    if resume or not overwrite:
        raise _other_data(run_dir)
    return None


def _require_nothing_published(config: Config, run_dir: RunDir) -> None:
    """Raises RunDirError where an adapter was published, which without checkpoints cannot be published again."""
    manifest = find_record(run_dir.trainer / MANIFEST)
    if manifest is None and not run_dir.adapter.exists():
        return
    if manifest is not None and manifest.get("fingerprint") != training_fingerprint(config, run_dir):
        raise _other_data(run_dir)
    raise RunDirError(
        f"The adapter in {run_dir.adapter} is damaged ({adapter_damage(run_dir)}), and there is no whole checkpoint to "
        "publish it from: give --overwrite to train again."
    )


def _other_data(run_dir: RunDir) -> RunDirError:
    return RunDirError(
        f"{run_dir.trainer} holds what was trained on other data or settings: give --run-dir DIR for a new folder, "
        "or --overwrite to replace it."
    )


def _circumstances() -> dict[str, Any]:
    """Versions and machine, for `run.json`."""
    packages = ("sumtune", "torch", "transformers", "peft", "ctranslate2", "rouge-score")
    return {
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
    }


def _recorded(run_dir: RunDir) -> dict[str, Any]:
    """What `run.json` holds; empty where it is damaged, as this run writes it again."""
    return find_record(run_dir.run_json) or {}


def _record(run_dir: RunDir, entries: Mapping[str, Any]) -> None:
    """Adds to `run.json`."""
    write_record(run_dir.run_json, _recorded(run_dir) | dict(entries))
