"""Compare the diagnosed system with the base model and the baselines on the same examples."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sumtune.diagnose.context import Context
from sumtune.diagnose.outputs import Outputs
from sumtune.evaluate.baselines import BASELINES
from sumtune.evaluate.bootstrap import paired
from sumtune.evaluate.scorecard import BASE, Estimate

__all__ = ["FEWEST_FOR_INTERVAL", "Gain", "compare", "interval_of_difference"]

FEWEST_FOR_INTERVAL = 10
"""Number of examples below which no interval and no p-value is shown: resamples of so few are too much alike."""


@dataclass(frozen=True)
class Gain:
    """ROUGE-1 difference between the diagnosed system and another one, with its 95% interval."""

    system: str
    score: float
    difference: float
    low: float
    high: float
    p_value: float


def compare(context: Context, seed: int) -> tuple[Estimate | None, tuple[Gain, ...]]:
    """Return the mean ROUGE-1 with its 95% bootstrap interval, and the gain over every other system.

    The other systems are the base model and, if the dialogues are known, the baselines. All intervals share the same
    resamples. None if there are no outputs.
    """
    outputs = context.outputs
    if not outputs:
        return None, ()
    others = _others(context, outputs)
    columns = np.array([outputs.scores, *(outputs.scores - other.scores for other in others.values())]).T
    (low, high, _), *intervals = zip(*paired(columns, seed), strict=True)
    gains = tuple(
        Gain(name, other.score, float(difference), *map(float, bounds))
        for (name, other), difference, bounds in zip(others.items(), columns.mean(axis=0)[1:], intervals, strict=True)
    )
    return Estimate(outputs.score, float(low), float(high)), gains


def interval_of_difference(low: float, high: float, count: int) -> str:
    """Return the 95% interval as a continuation of a sentence; empty if `count` examples are too few for one."""
    return f", 95% interval {low:+.3f} to {high:+.3f}" if count >= FEWEST_FOR_INTERVAL else ""


def _others(context: Context, outputs: Outputs) -> Mapping[str, Outputs]:
    """Return the known outputs of the base model and of the baselines."""
    base = {} if context.base is None else {BASE: context.base}
    if outputs.dialogues is None:
        return base
    dialogues = outputs.dialogues
    return base | {
        name: outputs.with_predictions(list(map(baseline, dialogues))) for name, baseline in BASELINES.items()
    }
