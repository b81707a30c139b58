"""Whether more training is still expected to raise the ROUGE of sampled summaries."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import linear_regression, mean

from sumtune.train.event_log import Event

__all__ = ["LEAST_GAIN", "Plateau"]

LEAST_GAIN = 0.003
"""A smaller rise of ROUGE-1 is not worth more training."""
FEWEST_SAMPLES = 6
"""With fewer samples, training continues: their noise hides the trend."""
EARLIEST = 0.5
"""Share of the training before which it never ends: the learning rate is still high, and the trend is short."""
ONE_SIDED = 1.65
"""Standard errors to the one-sided 95% limit of a normal distribution."""
RECENT = 3
"""Number of newest samples, none of which may be better by `LEAST_GAIN` than the best sample before them."""


@dataclass(frozen=True)
class Plateau:
    """The ROUGE-1 of all samples so far, each with the share of the training after which it was sampled."""

    samples: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Plateau":
        """Return the samples in the log of a training."""
        return cls(tuple((event["progress"], event["rouge1"]) for event in events if event["event"] == "sampled"))

    def after(self, progress: float, rouge1: float) -> "Plateau":
        """Return the samples with one more."""
        return Plateau((*self.samples, (progress, rouge1)))

    @property
    def gain(self) -> float:
        """Upper limit (one-sided, 95%) of the rise of ROUGE-1 until the end, by the trend of the newer samples.

        The trend is a straight line (least squares) over the share of the training. A learning curve bends down, so
        the line promises more than will come.
        """
        newer = self.samples[-max(FEWEST_SAMPLES, len(self.samples) * 2 // 3) :]
        places, scores = [progress for progress, _ in newer], [rouge1 for _, rouge1 in newer]
        slope, start = linear_regression(places, scores)
        left_over = sum((rouge1 - start - slope * progress) ** 2 for progress, rouge1 in newer)
        spread = sum((place - mean(places)) ** 2 for place in places)
        error = sqrt(left_over / (len(newer) - 2) / spread)
        return (slope + ONE_SIDED * error) * (1 - places[-1])

    @property
    def is_reached(self) -> bool:
        """Whether samples and trend agree that less than `LEAST_GAIN` is still to come."""
        scores = [rouge1 for _, rouge1 in self.samples]
        if len(scores) < FEWEST_SAMPLES or self.samples[-1][0] < EARLIEST:
            return False
        if max(scores[-RECENT:]) - max(scores[:-RECENT]) >= LEAST_GAIN:
            return False
        return self.gain < LEAST_GAIN
