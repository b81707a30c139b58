"""ROUGE (Lin 2004, https://aclanthology.org/W04-1013) of each example, by the package everybody quotes.

`rouge-score` knows only `a` to `z` and digits: text in another script has no words for it and scores 0.
"""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from functools import cache, lru_cache
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "METRICS",
    "SENTENCE_END",
    "Rouge",
    "as_array",
    "mean",
    "rouge1",
    "score",
    "score_all",
    "score_multiple",
    "signature",
    "split_sentences",
]

SENTENCE_END = r"(?<=[.!?])\s+"
"""White space after `.`, `!` or `?`. The package would split with a model that it has to download."""
STEMMED_WORDS = 1 << 16
"""Words whose stem is kept."""


@dataclass(frozen=True)
class Rouge:
    """The F-measures of one prediction, or their means over many; each from 0 to 1."""

    rouge1: float
    rouge2: float
    rougeL: float  # noqa: N815  (the name of the metric)
    rougeLsum: float  # noqa: N815


METRICS = tuple(field.name for field in fields(Rouge))


def score(prediction: str, reference: str) -> Rouge:
    """The scores of `prediction` against one reference.

    >>> score("Ann brings cake.", "Ann brings the cakes.")
    Rouge(rouge1=0.8571428571428571, rouge2=0.4, rougeL=0.8571428571428571, rougeLsum=0.8571428571428571)
    """
    # Only Lsum looks at the line breaks: to the others they are white space.
    scores = _scorer(METRICS).score(split_sentences(reference), split_sentences(prediction))
    return Rouge(*(float(scores[metric].fmeasure) for metric in METRICS))


def rouge1(prediction: str, reference: str) -> float:
    """ROUGE-1 alone, several times as fast as all metrics."""
    return float(_scorer(("rouge1",)).score(reference, prediction)["rouge1"].fmeasure)


def score_multiple(prediction: str, references: Sequence[str]) -> tuple[Rouge, Rouge]:
    """The best and the mean score over several references, each metric by itself (Lin 2004, section 2.1).

    Raises:
        ValueError: there is no reference.
    """
    scores = [score(prediction, reference) for reference in references]
    best = Rouge(*as_array(scores).max(axis=0).tolist()) if scores else mean(scores)
    return best, mean(scores)


def score_all(predictions: Sequence[str], references: Sequence[str]) -> list[Rouge]:
    """The scores of each prediction against the reference at the same place.

    Raises:
        ValueError: there are not as many predictions as references.
    """
    return [score(prediction, reference) for prediction, reference in zip(predictions, references, strict=True)]


def mean(scores: Sequence[Rouge]) -> Rouge:
    """The mean of each metric over examples.

    >>> mean([Rouge(1.0, 0.5, 1.0, 1.0), Rouge(0.0, 0.0, 0.5, 0.5)])
    Rouge(rouge1=0.5, rouge2=0.25, rougeL=0.75, rougeLsum=0.75)

    Raises:
        ValueError: there is no score.
    """
    if not scores:
        raise ValueError("the mean needs at least one score")
    return Rouge(*as_array(scores).mean(axis=0).tolist())


def as_array(scores: Sequence[Rouge]) -> NDArray[np.float64]:
    """The scores as an array `(examples, metrics)`, its columns in the order of `METRICS`."""
    return np.array([astuple(score) for score in scores], dtype=np.float64).reshape(-1, len(METRICS))


def split_sentences(text: str) -> str:
    """`text` with each sentence on a line of its own; line breaks that are there stay.

    A dot of an abbreviation also ends a sentence, in prediction and reference alike.

    >>> split_sentences("Ann calls.  Bob is late! Who waits?")
    'Ann calls.\\nBob is late!\\nWho waits?'
    """
    return re.sub(SENTENCE_END, "\n", text)


def signature() -> str:
    """What has to be said beside a score, so that another can be compared with it."""
    return f"rouge-score {version('rouge-score')} | stemmer | F-measure | Lsum sentences by regex"


@cache
def _scorer(metrics: tuple[str, ...]) -> Any:
    from rouge_score.rouge_scorer import RougeScorer  # loads nltk

    return RougeScorer(metrics, tokenizer=_StemmingTokenizer())


class _StemmingTokenizer:
    """The package's own tokenizer with its stemmer, which is most of the time of a score: each word is stemmed once."""

    def __init__(self) -> None:
        from nltk.stem.porter import PorterStemmer

        self._stemmer = SimpleNamespace(stem=lru_cache(STEMMED_WORDS)(PorterStemmer().stem))

    def tokenize(self, text: str) -> list[str]:
        from rouge_score.tokenize import tokenize

        return list(tokenize(text, self._stemmer))
