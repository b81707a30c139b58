"""The study of a search: an Optuna study in SQLite. A killed trial is continued, and no trial counts twice."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna import Study
from optuna.trial import FrozenTrial, TrialState

from sumtune.search.space import Space, suggest

__all__ = ["finished_trials", "importances", "next_trial", "open_study"]

NAME = "sumtune"
FIRST_RUNG, REDUCTION = 1, 3
"""Successive halving (Jamieson and Talwalkar 2016, https://arxiv.org/abs/1502.07943): after epochs 1, 3, 9, … a
trial goes on only if its score is among the best third of those that came as far."""
RANDOM_TRIALS = 8
"""Trials with random settings before the sampler (TPE, Bergstra et al. 2011) learns from earlier ones."""


def open_study(file: Path) -> Study:
    """Return the study in the SQLite database `file`; create it if it is missing. Higher values are better."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=FIRST_RUNG, reduction_factor=REDUCTION)
    return optuna.create_study(
        storage=f"sqlite:///{file.absolute()}",
        study_name=NAME,
        direction="maximize",
        pruner=pruner,
        load_if_exists=True,
    )


def next_trial(study: Study, space: Space, seed: int) -> FrozenTrial:
    """Return the trial that a stopped search left unfinished, or a new one.

    What a new trial tries depends only on `seed` and the results of earlier trials, not on how often the search was
    stopped.
    """
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    for trial in running:
        if trial.params.keys() == space.keys():
            return trial
        study.tell(trial.number, state=TrialState.FAIL)  # killed before it had all of its settings
    usable = [trial for trial in study.get_trials(deepcopy=False) if trial.params.keys() == space.keys()]
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(usable), n_startup_trials=RANDOM_TRIALS)
    asked = study.ask()
    suggest(asked, space)
    return study.trials[asked.number]


def finished_trials(study: Study) -> list[FrozenTrial]:
    """Return the trials with a score, the best first."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return sorted(complete, key=lambda trial: (-(trial.value or 0.0), trial.number))


def importances(study: Study, space: Space) -> Mapping[str, float]:
    """Return how much each setting explains of the difference between good and other trials, the largest share first.

    The shares add up to 1. PED-ANOVA (Watanabe et al. 2023, https://arxiv.org/abs/2304.10255). Empty if there are too
    few trials.
    """
    if len(finished_trials(study)) < RANDOM_TRIALS:
        return {}
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    found: dict[str, Any] = optuna.importance.get_param_importances(study, evaluator=evaluator, params=list(space))
    total = sum(found.values())
    return {key: value / total for key, value in found.items()} if total else {}
