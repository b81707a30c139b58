"""Cheap figures of a data set that say how hard it is to summarize."""

from collections.abc import Sequence
from dataclasses import dataclass

from sumtune.data.example_file import Some
from sumtune.data.split import order
from sumtune.evaluate import rouge
from sumtune.evaluate.baselines import lead_3, longest_3
from sumtune.evaluate.faithfulness import novel_bigrams
from sumtune.evaluate.rouge import ROUGE_METRICS, Rouge, Tokens
from sumtune.text.words import count_words

__all__ = ["DataFeatures", "data_features", "mean_rouge"]

SAMPLE = 200
"""Number of examples that the figures are computed on: validation examples first, because no model learns from them."""


@dataclass(frozen=True)
class DataFeatures:
    """Means over a sample of the examples. Scores are ROUGE F-measures from 0 to 1."""

    examples: int
    """Training examples."""
    dialogue_words: float
    summary_words: float
    novel_bigrams: float
    """Share of the word pairs of the references that the dialogue does not contain."""
    lead_3: dict[str, float]
    """Scores of the first three turns, by the names in `ROUGE_METRICS`."""
    longest_3: dict[str, float]
    """Scores of the three longest turns."""


def data_features(train: Some, validation: Some, tokens: Tokens) -> DataFeatures:
    """Return the figures of a data set. `tokens` is what ROUGE counts.

    Raises:
        ValueError: there is no example.
    """
    sample = list(order(validation)[:SAMPLE])
    sample += order(train)[: SAMPLE - len(sample)]
    if not sample:
        raise ValueError("expected at least one example")

    def mean(values: Sequence[float]) -> float:
        return sum(values) / len(values)

    return DataFeatures(
        examples=len(train),
        dialogue_words=mean([count_words(one.dialogue) for one in sample]),
        summary_words=mean([count_words(one.summary) for one in sample]),
        novel_bigrams=mean([novel_bigrams(one.summary, one.dialogue) for one in sample]),
        lead_3=mean_rouge([rouge.score(lead_3(one.dialogue), one.summary, tokens) for one in sample]),
        longest_3=mean_rouge([rouge.score(longest_3(one.dialogue), one.summary, tokens) for one in sample]),
    )


def mean_rouge(scores: Sequence[Rouge]) -> dict[str, float]:
    """Return the mean of each metric by its name.

    >>> mean_rouge([Rouge(1.0, 0.5, 1.0, 1.0), Rouge(0.0, 0.0, 0.5, 0.5)])
    {'rouge1': 0.5, 'rouge2': 0.25, 'rougeL': 0.75, 'rougeLsum': 0.75}
    """
    return {metric: sum(getattr(one, metric) for one in scores) / len(scores) for metric in ROUGE_METRICS}
