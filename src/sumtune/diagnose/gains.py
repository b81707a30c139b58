"""Compare the diagnosed system with the base model and the baselines on the same examples."""

from collections.abc import Iterator
from dataclasses import dataclass

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


def gains(context: Context, seed: int) -> Iterator[Gain]:
    """Yield the gain over the base model and, if the dialogues are known, over each baseline."""
    outputs = context.outputs
    if outputs is None:
        return
    if context.base is not None:
        yield _gain(BASE, outputs, context.base, seed)
    if outputs.dialogues is not None:
        for name, baseline in BASELINES.items():
            yield _gain(name, outputs, outputs.with_predictions(list(map(baseline, outputs.dialogues))), seed)


def _gain(name: str, outputs: Outputs, other: Outputs, seed: int) -> Gain:
    differences = outputs.scores - other.scores
    low, high, p_value = paired(differences, seed)
    return Gain(name, other.score, float(differences.mean()), float(low), float(high), float(p_value))
