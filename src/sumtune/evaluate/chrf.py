"""chrF (Popović 2015, https://aclanthology.org/W15-3049) of one prediction, computed by sacrebleu."""

from functools import cache
from typing import Any

from sumtune.versions import version

__all__ = ["score", "signature"]


def score(prediction: str, reference: str) -> float:
    """Return the F2 score of n-grams of one to six characters, from 0 to 1.

    It needs no tokenization into words, so it means the same in every script.

    >>> round(score("Ann brings cake.", "Ann brings the cakes."), 4), score("我到了。", "我到了。")
    (0.5475, 1.0)
    """
    return float(_metric().sentence_score(prediction, [reference]).score) / 100


def signature() -> str:
    """Return the signature: everything that two chrF scores must share to be comparable."""
    return f"sacrebleu {version('sacrebleu')} | chrF2 | 6 characters | case kept | no white space | mean of sentences"


@cache
def _metric() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()
