"""The study of a search: an Optuna study in SQLite, to which finished trials are added in the order of their numbers.

Trials come in generations. What a generation tries, and when its trials are stopped early, depends only on the seed and
the generations before it. So the study is the same whether its trials run one after another, at once, or again after a
crash.
"""

import sqlite3
import warnings
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna import Study
from optuna.trial import FrozenTrial, TrialState

from sumtune.errors import RunDirError
from sumtune.search.space import Space, suggest

__all__ = ["GENERATION", "Generation", "TrialResult", "add", "finished_trials", "importances", "next_generation",
           "open_study"]  # fmt: skip

NAME = "sumtune"
DIRECTION = optuna.study.StudyDirection.MAXIMIZE
GENERATION = 4
"""Trials that are chosen together, and so can run at once."""
FIRST_RUNG, REDUCTION = 1, 3
"""Successive halving (Jamieson and Talwalkar 2016, https://arxiv.org/abs/1502.07943): after epochs 1, 3, 9, … a
trial goes on only if its score is among the best third of those that came as far in earlier generations."""
RANDOM_TRIALS = 8
"""Trials with random settings before the sampler (TPE, Bergstra et al. 2011) learns from earlier ones."""


@dataclass(frozen=True)
class Generation:
    """The trials that are still missing in a generation."""

    trials: Sequence[FrozenTrial]
    """Trials with number and settings, but without a result."""
    bars: Mapping[int, float]
    """Least sampled score, by epoch, with which a trial goes on."""


@dataclass(frozen=True)
class TrialResult:
    """What a trial found."""

    score: float | None
    """None if the trial was stopped early or failed."""
    sampled: Mapping[int, float]
    """Score of sampled summaries by epoch."""
    failure: str = ""
    """Why the model cannot be trained with these settings; empty if it can."""

    @property
    def state(self) -> TrialState:
        """State of the trial in the study."""
        if self.failure:
            return TrialState.FAIL
        return TrialState.PRUNED if self.score is None else TrialState.COMPLETE


def open_study(file: Path) -> Study:
    """Return the study in the SQLite database `file`; create it if it is missing. Higher values are better.

    Raises:
        RunDirError: the file cannot be written, is damaged, or is from another version of Optuna.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = f"sqlite:///{file.absolute()}"
    try:
        _require_intact(file)
        return optuna.create_study(storage=storage, study_name=NAME, direction=DIRECTION, load_if_exists=True)
    except (sqlite3.Error, RuntimeError):  # RuntimeError: another version
        raise RunDirError(
            f"{file} cannot be written, is damaged, or is from another version of Optuna. A damaged one can be "
            "deleted: the same command then makes it again, and trains no trial again that has ended."
        ) from None


def _require_intact(file: Path) -> None:
    """Raise sqlite3.Error if the database in `file` is damaged or cannot be written. A missing file is intact."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("BEGIN IMMEDIATE")
        if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError


def next_generation(study: Study, space: Space, seed: int) -> Generation:
    """Return the trials that follow those in `study`, up to the end of their generation."""
    done = len(study.trials)
    start = done - done % GENERATION
    earlier = study.trials[:start]
    sampler = optuna.samplers.TPESampler(seed=seed + start, n_startup_trials=RANDOM_TRIALS, constant_liar=True)
    planned = optuna.create_study(direction=DIRECTION, sampler=sampler)
    planned.add_trials(earlier)
    for _ in range(GENERATION):
        suggest(planned.ask(), space)
    return Generation(planned.trials[done:], _bars(earlier))


def _bars(earlier: Sequence[FrozenTrial]) -> dict[int, float]:
    reached = [trial.intermediate_values for trial in earlier]
    bars, epoch = {}, FIRST_RUNG
    while reached := [scores for scores in reached if epoch in scores]:
        best_first = sorted((scores[epoch] for scores in reached), reverse=True)
        bars[epoch] = best_first[max(1, (len(reached) + 1) // REDUCTION) - 1]
        epoch *= REDUCTION
    return bars


def add(study: Study, trial: FrozenTrial, result: TrialResult) -> None:
    """Add `trial` with its result, all at once, so that a crash leaves no half of it."""
    finished = optuna.trial.create_trial(
        state=result.state, value=result.score, params=trial.params, distributions=trial.distributions,
        intermediate_values=dict(result.sampled),
    )  # fmt: skip
    study.add_trial(finished)


def finished_trials(study: Study) -> list[FrozenTrial]:
    """Return the trials with a score, the best first."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return sorted(complete, key=lambda trial: (-(trial.value or 0.0), trial.number))


def importances(study: Study, space: Space) -> Mapping[str, float]:
    """Return each setting's share of the difference between the good trials and the rest, the largest share first.

    The shares add up to 1. PED-ANOVA (Watanabe et al. 2023, https://arxiv.org/abs/2304.10255). Empty if there are too
    few trials.
    """
    if len(finished_trials(study)) < RANDOM_TRIALS:
        return {}
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # if many scores are equal, all shares are
        found: dict[str, Any] = optuna.importance.get_param_importances(study, evaluator=evaluator, params=list(space))
    total = sum(found.values())
    return {key: value / total for key, value in found.items()} if total else {}
