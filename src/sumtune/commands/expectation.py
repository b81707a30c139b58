"""The scores that a run is expected to reach, and afterwards whether it reached them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from sumtune.commands.run_record import known_record, update_record
from sumtune.config import Config
from sumtune.data.example_file import load_jsonl
from sumtune.evaluate.evaluate_stage import chosen_examples
from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.evaluate.scorecard import TUNED, Scorecard
from sumtune.files.run_dir import RunDir
from sumtune.forecast.expected_scores import affordable_depths, bank_of, beforehand, expected_scores
from sumtune.forecast.finished_runs import add_finished_run, data_key, model_key
from sumtune.forecast.learning_curve import MoreData, more_data
from sumtune.forecast.score_bank import BankRow, final_figures, run_figures
from sumtune.forecast.score_forecast import ExpectedScore, ScoreForecast
from sumtune.forecast.within import Choice
from sumtune.terminal.expected import outcome_lines

__all__ = ["Expectation", "expect", "recorded_expectation", "show_outcome"]


@dataclass(frozen=True)
class Expectation:
    """The expected scores of a run, and the figures that they rest on."""

    scores: ScoreForecast
    figures: Mapping[str, float]
    more_data: MoreData | None = None

    def record(self) -> dict[str, Any]:
        """Return the entries of the forecast in `run.json`."""
        return {
            "expected": {metric: [one.low, one.high] for metric, one in self.scores.scores.items()},
            "unknown": self.scores.unknown, "pilot_steps": self.scores.depth, "figures": dict(self.figures),
            "more_data": self.more_data and {"examples": self.more_data.examples, **vars(self.more_data.gain)},
        }  # fmt: skip


def expect(config: Config, run_dir: RunDir, *, history: bool, choice: Choice | None = None) -> Expectation:
    """Return what a run is expected to reach, before its model is loaded.

    A pilot is trained only if it is short compared with the run, and only if the bank (figures and scores of earlier
    runs, `score_bank.py`) allows a forecast for a run like this one. A run with a time limit trains none; `choice`
    holds the settings that were chosen for it.
    """
    bank, known = bank_of(history=history), beforehand(config, run_dir)
    if choice is not None:
        config = choice.as_read(config)
    scores = expected_scores(config, run_dir, known, bank, None if choice is None else choice.read_examples)
    if choice is None and scores.scores and known.depth is None and (depths := affordable_depths(config, run_dir)):
        known = beforehand(config, run_dir, depths)
        scores = expected_scores(config, run_dir, known, bank)
    examples = len(load_jsonl(run_dir.split("train")))
    more = more_data(bank, model_key(config.model.name, config.model.revision), examples) if scores.scores else None
    return Expectation(scores, known.figures, more)


def recorded_expectation(run_dir: RunDir) -> Expectation | None:
    """Return what `record` wrote into `run.json`; None if it is missing or cannot be read."""
    recorded = known_record(run_dir).get("forecast") or {}
    try:
        scores = {
            metric: ExpectedScore((low + high) / 2, low, high) for metric, (low, high) in recorded["expected"].items()
        }
        return Expectation(ScoreForecast(scores, recorded["pilot_steps"], recorded["unknown"]), recorded["figures"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def show_outcome(config: Config, run_dir: RunDir, scorecard: Scorecard, console: Console, *, history: bool) -> None:
    """Record actual time, memory and scores beside the forecast, and print whether the scores are as expected.

    With `history`, the run joins the user's finished runs.
    """
    record = known_record(run_dir)
    reached = {metric: scorecard.systems[TUNED].metrics[metric].mean for metric in ROUGE_METRICS}
    times = {name: record.get(name) for name in ("training_s", "evaluation_s", "peak_memory_bytes")}
    update_record(run_dir, {"actual": times | {"scores": reached}})
    expected = recorded_expectation(run_dir)
    if expected is None:
        return
    for line in outcome_lines(expected.scores, reached):
        console.print(line)
    if history and not config.rank.candidates and config.train.within is None:
        examples, scored = len(load_jsonl(run_dir.split("train"))), len(chosen_examples(config, run_dir)[1])
        row = {**expected.figures, **run_figures(config, examples, scored), **final_figures(reached)}
        model = model_key(config.model.name, config.model.revision)
        add_finished_run(BankRow(data_key(run_dir.split("validation")), model, row))
