"""Scores as numbers with intervals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sumtune.config import AUTO, RougeTokens
from sumtune.data.parallel_texts import parallel_texts
from sumtune.evaluate.rouge import signature
from sumtune.evaluate.score_texts import score_texts
from sumtune.evaluate.scorecard import Estimate, Scorecard

__all__ = ["Score", "Scores", "score", "scores_of_systems"]


class Score(float):
    """A mean over examples, with the ends of its 95% bootstrap interval.

    >>> score = Score(0.5, 0.4, 0.6)
    >>> score, score + 0.1, f"{score:.2f}", score.low
    (0.5000 (0.4000 to 0.6000), 0.6, '0.50', 0.4)
    """

    low: float
    high: float

    def __new__(cls, mean: float, low: float, high: float) -> "Score":
        """Return `mean` with the ends of its interval."""
        made = super().__new__(cls, mean)
        made.low, made.high = low, high
        return made

    def __getnewargs__(self) -> tuple[float, float, float]:  # type: ignore[override]  # a copy needs all three
        return float(self), self.low, self.high

    def __repr__(self) -> str:
        return f"{float(self):.4f} ({self.low:.4f} to {self.high:.4f})"


@dataclass(frozen=True)
class Scores:
    """Scores of one system; each is from 0 to 1 and, with several references, against the best one."""

    rouge1: Score
    rouge2: Score
    rougeL: Score  # noqa: N815  (the name of the metric)
    rougeLsum: Score  # noqa: N815
    chrf: Score
    n: int
    """Number of scored dialogues."""
    signature: str
    """What two ROUGE scores must share to be comparable."""


def score(
    predictions: Iterable[str], references: Iterable[str | Iterable[str]], *, rouge_tokens: RougeTokens = AUTO
) -> Scores:
    """Return ROUGE and chrF of predictions that any tool made, with intervals, computed as for a run.

    `references` holds a text for each prediction, or a list of texts. `rouge_tokens` is what ROUGE counts: by default
    stemmed words for English references, and otherwise words by Unicode rules.

    >>> import sumtune
    >>> found = sumtune.score(["Ann brings cake.", "Bob pays."], ["Ann brings the cakes.", "Bob will pay."])
    >>> found.rouge1
    0.8286 (0.8000 to 0.8571)
    >>> found.n, float(found.rouge2) > 0.1
    (2, True)

    Raises:
        SumtuneError: there are no predictions, a reference is missing, or one is not a text.
    """
    texts = parallel_texts(predictions, references)
    estimates, tokens = score_texts(texts.predictions, texts.references, rouge_tokens)
    return _scores(estimates, len(texts.predictions), signature(tokens))


def scores_of_systems(scorecard: Scorecard) -> dict[str, Scores]:
    """Return the scores of each system of a run by its name: `tuned`, `base`, `lead-3`, `longest-3`."""
    used = scorecard.signature
    return {name: _scores(one.metrics, used.n, used.rouge) for name, one in scorecard.systems.items()}


def _scores(estimates: Mapping[str, Estimate], n: int, used: str) -> Scores:
    numbers: dict[str, Any] = {name: Score(one.mean, one.low, one.high) for name, one in estimates.items()}
    return Scores(**numbers, n=n, signature=used)
