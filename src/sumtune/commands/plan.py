"""`sumtune plan`: how long runs would take and what they would reach. Nothing that it trains is kept."""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console

from sumtune.commands.prepare import prepare_data, within_limits
from sumtune.commands.within import Deadline, choose_within
from sumtune.config import Config
from sumtune.data import ingest
from sumtune.data.data_source import find_source
from sumtune.data.example import SPLITS
from sumtune.data.example_file import load_jsonl
from sumtune.errors import ConfigError
from sumtune.evaluate.baselines import BASELINES
from sumtune.evaluate.evaluate_stage import chosen_examples
from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.files.run_dir import RunDir
from sumtune.forecast.evaluation import EvaluationCosts, evaluation_costs
from sumtune.forecast.expected_scores import Beforehand, bank_of, beforehand, expected_scores
from sumtune.forecast.finished_runs import model_key
from sumtune.forecast.fit_memory import fit_to_memory
from sumtune.forecast.forecast import Forecast, cached_peak_bytes, forecast
from sumtune.forecast.learning_curve import more_data
from sumtune.forecast.pilot import DEPTHS
from sumtune.forecast.run_plan import PresetPlan, RunPlan
from sumtune.forecast.score_bank import BankRow
from sumtune.forecast.score_forecast import LEVEL
from sumtune.forecast.within import Choice
from sumtune.memory import free_memory
from sumtune.model.locate import locate
from sumtune.model.precision import choose_device, choose_precision
from sumtune.terminal.plan import plan_report
from sumtune.terminal.status import status
from sumtune.train import session as training

__all__ = ["make_plan", "show_plan"]

LIMIT_S = 110.0
"""Seconds after which no measurement starts, so that a plan takes about two minutes. A pilot gets what is left."""
SUMMARIES_S = 30.0
"""Seconds reserved for the summaries of a pilot. If fewer are left, no pilot is made."""
_Times = tuple[Forecast, Choice | None]
"""Time and memory of a run, and what was chosen for it if it must end in time."""
PRESET_S = 30.0
"""Seconds that it takes to time a preset."""


def show_plan(configs: Sequence[Config], console: Console, *, quick: bool, as_json: bool, history: bool) -> None:
    """Print the plan of runs with each of `configs`, which differ in their preset; see `make_plan`.

    With `as_json`, only the plan goes to standard output, and `console` shows the progress.
    """
    plan = make_plan(configs, console, quick=quick, history=history)
    if as_json:
        print(json.dumps(asdict(plan), indent=2))
    else:
        console.print(plan_report(plan))


def make_plan(configs: Sequence[Config], console: Console, *, quick: bool, history: bool) -> RunPlan:
    """Return times and expected scores of runs with each of `configs`.

    With `quick`, nothing is trained or timed: the scores rest on the figures of the data alone. For runs that must end
    in time, the plan says what would be chosen.

    Raises:
        SumtuneError: the data or the model cannot be used, or the time of a run is too short.
    """
    begun, bank = time.monotonic(), bank_of(history=history)
    if quick and any(config.train.within is not None for config in configs):
        raise ConfigError("What fits into a time (--within) must be measured: leave out --quick.")
    with tempfile.TemporaryDirectory(prefix="sumtune-plan-") as folder:
        run_dirs = [RunDir(Path(folder) / config.preset) for config in configs]
        with status(console, "Preparing the data"):
            for config, run_dir in zip(configs, run_dirs, strict=True):
                _prepare(config, run_dir, console if run_dir is run_dirs[0] else Console(quiet=True), quick)
        times: list[_Times | None] = [None] * len(configs)
        evaluations: dict[str, EvaluationCosts] = {}
        if not quick:
            with status(console, "Measuring time and memory on this machine"):
                times[0] = _timed(configs[0], run_dirs[0], evaluations, begun)
        left_s = 0.0 if quick else LIMIT_S - SUMMARIES_S - (time.monotonic() - begun)
        known = _known(configs[0], run_dirs[0], bank, console, left_s)
        for at in range(1, len(configs)):
            if not quick and time.monotonic() - begun < LIMIT_S - PRESET_S:
                with status(console, "Measuring time and memory on this machine"):
                    times[at] = _timed(configs[at], run_dirs[at], evaluations, begun)
        presets = [_preset(*each, known, bank) for each in zip(configs, run_dirs, times, strict=True)]
        return _plan(configs[0], run_dirs[0], presets, known, bank, quick)


def _prepare(config: Config, run_dir: RunDir, console: Console, quick: bool) -> None:
    """Read and split the data; unless `quick`, encode it, too."""
    if quick:
        ingest.run(config, run_dir)
    else:
        prepare_data(config, within_limits(config, console), run_dir, console)


def _known(config: Config, run_dir: RunDir, bank: Sequence[BankRow], console: Console, left_s: float) -> Beforehand:
    """Return the figures of the data, and of a pilot if the bank knows such runs and seconds are left for it."""
    with status(console, "Looking at the data"):
        known = beforehand(config, run_dir)
        useful = expected_scores(config, run_dir, known, bank).scores
    if known.depth is None and useful and left_s > 0:
        with status(console, "Trying a short training"):
            known = beforehand(config, run_dir, DEPTHS, left_s)
    return known


def _timed(config: Config, run_dir: RunDir, evaluations: dict[str, EvaluationCosts], begun: float) -> _Times:
    """Return time and memory. `evaluations` has what is already known, by settings of the scoring.

    A run that must end in time is expected to prepare and measure as long as this plan, which began at `begun`.
    """
    key = config.decode.model_dump_json() + config.evaluate.model_dump_json()
    if key not in evaluations:
        evaluations[key] = evaluation_costs(config, run_dir)
    session, choice = training.prepare(config, run_dir), None
    session = fit_to_memory(session, cached_peak_bytes(session))
    if (deadline := Deadline.of(config, begun)) is None:
        found = forecast(session, evaluations[key].seconds())
    else:
        session, found, choice = choose_within(session, evaluations[key], deadline)
    del session
    free_memory()
    return found, choice


def _preset(
    config: Config, run_dir: RunDir, times: _Times | None, known: Beforehand, bank: Sequence[BankRow]
) -> PresetPlan:
    found, choice = times or (None, None)
    read = None if choice is None else choice.read_examples
    expected = config if choice is None else choice.as_read(choice.applied_to(config))
    plan = PresetPlan(config.preset, expected_scores(expected, run_dir, known, bank, read))
    if found is None:
        return plan
    return replace(
        plan, training_s=found.all_training_s, evaluation_s=found.evaluation_s,
        peak_memory_bytes=found.peak_memory_bytes, within_s=config.train.within, choice=choice,
    )  # fmt: skip


def _plan(
    config: Config,
    run_dir: RunDir,
    presets: Sequence[PresetPlan],
    known: Beforehand,
    bank: Sequence[BankRow],
    quick: bool,
) -> RunPlan:
    counts = {name: len(load_jsonl(run_dir.split(name))) for name in SPLITS if run_dir.has(run_dir.split(name))}
    model, more = config.model, None
    if presets[0].scores.scores:
        more = more_data(bank, model_key(model.name, model.revision), counts["train"])
    named = {name: name.replace("-", "_") for name in BASELINES}
    return RunPlan(
        data=find_source(config.data.path).name, counts=counts, scored=len(chosen_examples(config, run_dir)[1]),
        model=locate(model.name, model.revision).name, presets=tuple(presets),
        baselines={n: {m: known.figures[f"{key}_{m}"] for m in ROUGE_METRICS} for n, key in named.items()},
        level=LEVEL, pilot_steps=known.depth, more_data=more,
        precision=None if quick else choose_precision(model.precision, choose_device(model.device)).name,
    )  # fmt: skip
