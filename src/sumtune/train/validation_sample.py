"""Choose the examples of a validation: from short to long, and few enough not to slow the training down."""

from collections.abc import Sequence

from sumtune.text.batching import sample_by_length
from sumtune.train.training_plan import TrainingPlan

__all__ = ["validation_sample"]

TRAINING_SHARE = 0.25
"""All validations of a run together compute at most this share of the tokens that it trains on. A token of a validation
has no backward pass and costs about a third, so validations take less than a tenth of the time."""
LEAST_TOKENS = 16384
"""A validation may always compute this many tokens: 40 examples of a usual chat."""


def validation_sample(lengths: Sequence[int], plan: TrainingPlan) -> list[int]:
    """Return the indices of at most `validation_examples` examples, spread evenly over their `lengths` (tokens).

    There is at least one, however long it is. The result depends only on the arguments, so a resumed run validates on
    the same examples.
    """
    trained = sum(plan.lengths) * plan.settings.epochs
    budget = max(LEAST_TOKENS, TRAINING_SHARE * trained / plan.validations)
    chosen = sample_by_length(lengths, plan.settings.validation_examples)
    while len(chosen) > 1 and (tokens := sum(lengths[at] for at in chosen)) > budget:
        fewer = int(len(chosen) * budget / tokens)
        chosen = sample_by_length(lengths, max(1, min(fewer, len(chosen) - 1)))
    return chosen
