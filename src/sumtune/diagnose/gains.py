"""Compare the diagnosed system with the base model and the baselines on the same examples."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sumtune.diagnose.context import Context
from sumtune.diagnose.outputs import Outputs
from sumtune.evaluate.baselines import BASELINES
from sumtune.evaluate.bootstrap import interval, paired
from sumtune.evaluate.scorecard import BASE, Estimate

__all__ = ["Gain", "estimate", "gains"]


@dataclass(frozen=True)
class Gain:
    """ROUGE-1 difference between the diagnosed system and another one, with its 95% interval."""

    system: str
    score: float
    difference: float
    low: float
    high: float
    p_value: float


def estimate(outputs: Outputs, seed: int) -> Estimate:
    """Return the mean ROUGE-1 with its 95% bootstrap interval."""
    low, high = interval(outputs.scores, seed)
    return Estimate(outputs.score, float(low), float(high))


def gains(context: Context, seed: int) -> tuple[Gain, ...]:
    """Return the gain over the base model and, if the dialogues are known, over each baseline."""
    outputs = context.outputs
    others = {} if outputs is None else _others(context, outputs)
    if outputs is None or not others:
        return ()
    differences = np.array([outputs.scores - other.scores for other in others.values()]).T
    intervals = zip(*paired(differences, seed), strict=True)
    return tuple(
        Gain(name, other.score, float(difference), *map(float, bounds))
        for (name, other), difference, bounds in zip(others.items(), differences.mean(axis=0), intervals, strict=True)
    )


def _others(context: Context, outputs: Outputs) -> Mapping[str, Outputs]:
    """Return the known outputs of the base model and of the baselines."""
    base = {} if context.base is None else {BASE: context.base}
    if outputs.dialogues is None:
        return base
    dialogues = outputs.dialogues
    return base | {
        name: outputs.with_predictions(list(map(baseline, dialogues))) for name, baseline in BASELINES.items()
    }
