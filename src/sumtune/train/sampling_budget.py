"""How often summaries may be sampled during a training: as long as they take a small share of its time."""

from dataclasses import dataclass, replace

__all__ = ["LEAST_EXAMPLES", "SHARE", "SamplingBudget", "sample_size"]

SHARE = 0.03
"""Largest share of the training time that goes into sampled summaries, at any moment of the training."""
FEWEST_SAMPLES = 4
"""Least number of samples in a training. To afford them, a sample has fewer summaries,"""
LEAST_EXAMPLES = 8
"""but at least this many, because the mean ROUGE of fewer would say nothing."""


@dataclass(frozen=True)
class SamplingBudget:
    """Time that was spent on sampled summaries, and the time that the next ones will take, in seconds."""

    next_s: float
    spent_s: float = 0.0
    share: float = SHARE
    """Share of the training time that they may take; infinite for no limit."""

    def allows(self, elapsed_s: float) -> bool:
        """Return whether the next summaries still fit into `share` of a training that has lasted `elapsed_s`."""
        return self.spent_s + self.next_s <= self.share * elapsed_s

    def after(self, seconds: float) -> "SamplingBudget":
        """Return the budget after summaries that took `seconds`; the next ones are expected to take as long."""
        return replace(self, next_s=seconds, spent_s=self.spent_s + seconds)

    def after_training(self, seconds: float, validations: int) -> "SamplingBudget":
        """Return the budget after a training of `seconds` with evenly spaced `validations`, the first at its start."""
        budget = self
        for at in range(validations):
            elapsed = seconds * at / max(1, validations - 1) + budget.spent_s
            if budget.allows(elapsed):
                budget = replace(budget, spent_s=budget.spent_s + budget.next_s)
        return budget


def sample_size(wanted: int, summary_s: float, training_s: float) -> int:
    """Return how many summaries to sample at a time, if one takes `summary_s` of a training of `training_s` seconds.

    >>> sample_size(24, summary_s=0.1, training_s=800), sample_size(24, summary_s=0.1, training_s=200)
    (24, 15)
    """
    affordable = int(SHARE * training_s / FEWEST_SAMPLES / summary_s) if summary_s > 0 else wanted
    return min(wanted, max(LEAST_EXAMPLES, affordable))
