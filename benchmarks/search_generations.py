"""Measures what it costs a search to choose several trials at once, on a simulated score with one peak and noise.

Run: python benchmarks/search_generations.py --searches 200

Prints, for several sizes of a generation, how far the true score of the winner of 20 trials is below the peak: the mean
over searches with different seeds, and its 95% interval.
"""

import argparse
import math
import random
from collections.abc import Mapping
from statistics import mean, stdev
from typing import Any

import optuna

from sumtune.config_resolution import resolve
from sumtune.search import study as study_module
from sumtune.search.space import load_space, settings_of
from sumtune.search.study import TrialResult, add, finished_trials, next_generation

TRIALS = 20
SIZES = (1, 2, 4, 8, TRIALS)
NOISE = 0.008
"""Standard deviation of a score that few examples measure."""
PEAK = {"train.learning_rate": 8e-4, "train.epochs": 3, "lora.rank": 16, "lora.dropout": 0.08}
COSTS = {"train.learning_rate": 0.03, "train.epochs": 0.03, "lora.rank": 0.004, "lora.dropout": 0.005}
"""Loss of score if a setting is e times the best one, or one e-th of it."""
OTHER = 0.01
"""Loss of score for each other setting that does not have its first value."""


def main() -> None:
    """Search with each size, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=200)
    searches = parser.parse_args().searches
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    print("| trials in a generation | below the peak | 95% interval |\n|---|---|---|")
    for size in SIZES:
        study_module.GENERATION = size
        lost = [loss_of_winner(seed) for seed in range(searches)]
        margin = 1.96 * stdev(lost) / math.sqrt(searches)
        print(f"| {size} | {mean(lost):.4f} | ± {margin:.4f} |", flush=True)


def loss_of_winner(seed: int) -> float:
    """Return how far the true score of the winner of a search is below the peak."""
    space, chance = load_space(None, resolve("fast")), random.Random(seed)
    study = optuna.create_study(direction=study_module.DIRECTION)
    while (done := len(study.trials)) < TRIALS:
        for trial in next_generation(study, space, 1000 * seed).trials[: TRIALS - done]:
            measured = -loss(settings_of(trial.params, space)) + chance.gauss(0, NOISE)
            add(study, trial, TrialResult(measured, {}))
    return loss(settings_of(finished_trials(study)[0].params, space))


def loss(settings: Mapping[str, Any]) -> float:
    """Return how far the true score of `settings` is below the peak."""
    first = {key: values[0] for key, values in load_space(None, resolve("fast")).items() if isinstance(values, tuple)}
    lost = 0.0
    for key, value in settings.items():
        if key in PEAK:
            lost += COSTS[key] * math.log((value + 1e-3 * PEAK[key]) / PEAK[key]) ** 2
        else:
            lost += OTHER * (value != first[key])
    return min(lost, 0.4)


if __name__ == "__main__":
    main()
