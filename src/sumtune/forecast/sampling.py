"""Forecast of the time that sampled summaries take during a training."""

from sumtune.decode.unsupported import UnsupportedError
from sumtune.evaluate.sampled_summaries import SampledSummaries
from sumtune.forecast.long_inputs import has_long_inputs
from sumtune.forecast.timing import TrainingCosts, steady_seconds
from sumtune.train.sampling_budget import LEAST_EXAMPLES, SamplingBudget, sample_size
from sumtune.train.session import Session

__all__ = ["sampling_budget", "summary_seconds"]

LONG_FACTOR = 2.0
"""Time of summarizing a long dialogue, relative to that of its loss. Measuring it would take minutes."""


def summary_seconds(session: Session, validation_s: float) -> float:
    """Return the time in seconds of one sampled summary; 0 if none are wanted or no engine can write them.

    It is measured on a few dialogues with the base model, which rarely ends its summaries. So these have the maximum
    length, and summaries of the tuned model take no longer. `validation_s` is the time of a validation.
    """
    if not session.config.train.sampled_summaries:
        return 0.0
    try:
        sampled = SampledSummaries(session, LEAST_EXAMPLES, SamplingBudget(0.0))
    except UnsupportedError:
        return 0.0
    if has_long_inputs(session):
        return LONG_FACTOR * validation_s / len(session.validation)
    return steady_seconds(sampled.write) / len(sampled.examples)


def sampling_budget(session: Session, costs: TrainingCosts) -> tuple[int, SamplingBudget]:
    """Return how many summaries to sample at a time (0 for none), and the budget as spent at the end of training."""
    training_s = costs.seconds(session.plan)
    wanted = min(session.config.train.sampled_summaries, len(session.validation))
    if not wanted or not costs.sampled_summary:
        return 0, SamplingBudget(0.0)
    count = sample_size(wanted, costs.sampled_summary, training_s)
    budget = SamplingBudget(count * costs.sampled_summary)
    return count, budget.after_training(training_s, session.plan.validations)
