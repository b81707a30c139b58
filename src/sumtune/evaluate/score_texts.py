"""Scores of texts that any tool made, computed in the same way as those of a run."""

from collections.abc import Sequence

from sumtune.config import AUTO, RougeTokens, TrainConfig
from sumtune.evaluate import overlap
from sumtune.evaluate.overlap import METRICS
from sumtune.evaluate.rouge import Tokens, choose_tokens
from sumtune.evaluate.scorecard import Estimate, estimates

__all__ = ["score_texts"]


def score_texts(
    predictions: Sequence[str], references: Sequence[Sequence[str]], rouge_tokens: RougeTokens = AUTO
) -> tuple[dict[str, Estimate], Tokens]:
    """Return the mean of each metric against the best references, with its interval, and what ROUGE counted.

    Raises:
        ValueError: there is no prediction, the numbers of predictions and references differ, or one has no reference.
    """
    tokens = choose_tokens(rouge_tokens, [text for several in references for text in several])
    pairs = zip(predictions, references, strict=True)
    best = [overlap.score_multiple(text, wanted, tokens)[0] for text, wanted in pairs]
    return estimates(METRICS, overlap.as_array(best), TrainConfig().seed), tokens
