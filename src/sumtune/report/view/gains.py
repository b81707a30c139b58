"""How much the tuned model gains over every other system, in ROUGE-1 on the same examples."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sumtune.evaluate.bootstrap import paired
from sumtune.evaluate.scorecard import TUNED, Scorecard

__all__ = ["Gain", "Outcome", "gains_of"]

Outcome = Literal["better", "unclear", "worse"]


@dataclass(frozen=True)
class Gain:
    """Difference in mean ROUGE-1 between the tuned model and another system, on the same examples."""

    system: str
    difference: float
    low: float
    high: float
    p_value: float

    @property
    def outcome(self) -> Outcome:
        """Whether the interval excludes zero, and on which side."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "unclear"


def gains_of(scorecard: Scorecard) -> tuple[Gain, ...]:
    """Return the gain over every other system, with its paired bootstrap interval and p-value."""
    others = [name for name in scorecard.systems if name != TUNED]
    if not others:
        return ()
    scores = {name: [one.systems[name].scores.rouge1 for one in scorecard.examples] for name in (TUNED, *others)}
    differences = np.array([np.subtract(scores[TUNED], scores[name]) for name in others]).T
    columns = (differences.mean(axis=0), *paired(differences, scorecard.signature.seed))
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return tuple(Gain(name, *row) for name, row in zip(others, rows, strict=True))
