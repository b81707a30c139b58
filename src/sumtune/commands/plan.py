"""`sumtune plan`: how long runs would take and what they would reach. Nothing that it trains is kept."""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console

from sumtune.commands.prepare import prepare_data, within_limits
from sumtune.config import Config
from sumtune.data import ingest
from sumtune.data.data_source import find_source
from sumtune.data.example import SPLITS, load_jsonl
from sumtune.evaluate.baselines import BASELINES
from sumtune.evaluate.evaluate_stage import chosen_examples
from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.files.run_dir import RunDir
from sumtune.forecast.evaluation import evaluation_costs
from sumtune.forecast.expected_scores import Beforehand, bank_of, beforehand, expected_scores
from sumtune.forecast.finished_runs import model_key
from sumtune.forecast.fit_memory import fit_to_memory
from sumtune.forecast.forecast import Forecast, cached_peak_bytes, forecast
from sumtune.forecast.learning_curve import more_data
from sumtune.forecast.pilot import DEPTHS
from sumtune.forecast.run_plan import PresetPlan, RunPlan
from sumtune.forecast.score_bank import BankRow
from sumtune.forecast.score_forecast import LEVEL
from sumtune.memory import free_memory
from sumtune.model.locate import locate
from sumtune.model.precision import choose_device, choose_precision
from sumtune.terminal.plan import plan_report
from sumtune.terminal.status import status
from sumtune.train import session as training

__all__ = ["make_plan", "show_plan"]

LIMIT_S = 110.0
"""Seconds after which nothing more is measured. A pilot gets what is left, so that a plan takes about two minutes."""
SUMMARIES_S = 30.0
"""Seconds that are kept free for the summaries of a pilot; with fewer left, there is none."""
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

    With `quick`, nothing is trained or timed: the scores rest on the figures of the data alone.

    Raises:
        SumtuneError: the data or the model cannot be used.
    """
    begun, bank = time.monotonic(), bank_of(history=history)
    with tempfile.TemporaryDirectory(prefix="sumtune-plan-") as folder:
        run_dirs = [RunDir(Path(folder) / config.preset) for config in configs]
        with status(console, "Preparing the data"):
            for config, run_dir in zip(configs, run_dirs, strict=True):
                _prepare(config, run_dir, console if run_dir is run_dirs[0] else Console(quiet=True), quick)
        times: list[Forecast | None] = [None] * len(configs)
        evaluations: dict[str, float] = {}
        if not quick:
            with status(console, "Measuring time and memory on this machine"):
                times[0] = _timed(configs[0], run_dirs[0], evaluations)
        left_s = LIMIT_S - SUMMARIES_S - (time.monotonic() - begun)
        depths = () if quick or left_s <= 0 else DEPTHS
        with status(console, "Trying a short training" if depths else "Looking at the data"):
            known = beforehand(configs[0], run_dirs[0], depths, left_s)
        for at in range(1, len(configs)):
            if not quick and time.monotonic() - begun < LIMIT_S - PRESET_S:
                with status(console, "Measuring time and memory on this machine"):
                    times[at] = _timed(configs[at], run_dirs[at], evaluations)
        presets = [_preset(*each, known, bank) for each in zip(configs, run_dirs, times, strict=True)]
        return _plan(configs[0], run_dirs[0], presets, known, bank, quick)


def _prepare(config: Config, run_dir: RunDir, console: Console, quick: bool) -> None:
    """Read and split the data; unless `quick`, encode it, too."""
    if quick:
        ingest.run(config, run_dir)
    else:
        prepare_data(config, within_limits(config, console), run_dir, console)


def _timed(config: Config, run_dir: RunDir, evaluations: dict[str, float]) -> Forecast:
    """Return the forecast of time and memory. `evaluations` has what is already known, by settings of the scoring."""
    key = config.decode.model_dump_json() + config.evaluate.model_dump_json()
    if key not in evaluations:
        evaluations[key] = evaluation_costs(config, run_dir).seconds()
    session = training.prepare(config, run_dir)
    found = forecast(fit_to_memory(session, cached_peak_bytes(session)), evaluations[key])
    del session
    free_memory()
    return found


def _preset(
    config: Config, run_dir: RunDir, times: Forecast | None, known: Beforehand, bank: Sequence[BankRow]
) -> PresetPlan:
    plan = PresetPlan(config.preset, expected_scores(config, run_dir, known, bank))
    if times is None:
        return plan
    return replace(
        plan,
        training_s=times.all_training_s,
        evaluation_s=times.evaluation_s,
        peak_memory_bytes=times.peak_memory_bytes,
    )


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
