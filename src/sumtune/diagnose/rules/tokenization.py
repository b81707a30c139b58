"""Scoring faults: tokenization that drops the letters of a language."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import how_many, share
from sumtune.evaluate.rouge import rouge1

__all__ = ["letters_dropped", "unfit_for_rouge_score"]

DROPPED_SHARE = 0.5
"""Share of the letters of a reference that are dropped if it cannot be read."""
UNREAD_SHARE = 0.05
"""Smallest share of such references."""
ROUGE_SCORE: Final = "rouge-score"
WORDS: Final = "unicode"


def letters_dropped(outputs: Outputs) -> Finding | None:
    """Texts scored with `rouge-score`, which drops their letters."""
    unread = _unread(outputs)
    if outputs.tokens != ROUGE_SCORE or share(unread) < UNREAD_SHARE:
        return None
    repaired = replace(outputs, rouge_tokens=WORDS)
    return Finding(
        code="letters_dropped",
        title=f"ROUGE dropped the letters of {_texts(unread)}",
        severity="fault",
        evidence=f"{_what_is_dropped(outputs, unread)} By the words of their language the same predictions score "
        f"{repaired.score:.3f} instead of {outputs.score:.3f}.",
        numbers={"share": share(unread), "rouge1": outputs.score, "rouge1_mended": repaired.score},
        examples=() if all(unread) else outputs.first_ids(unread, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def unfit_for_rouge_score(outputs: Outputs) -> Finding | None:
    """Texts whose letters `rouge-score` drops, in a file that another tool may have scored with it."""
    unread = _unread(outputs)
    if outputs.rouge_tokens != "auto" or share(unread) < UNREAD_SHARE:
        return None
    by_rouge_score, by_words = (replace(outputs, rouge_tokens=tokens).score for tokens in (ROUGE_SCORE, WORDS))
    return Finding(
        code="letters_dropped",
        title=f"rouge-score, which most tools use, drops the letters of {_texts(unread)}",
        severity="weakness",
        evidence=f"{_what_is_dropped(outputs, unread)} It gives these predictions {by_rouge_score:.3f}. All scores "
        f"here are by the words of the language: {by_words:.3f}.",
        numbers={"share": share(unread), "rouge1": by_words, "rouge1_by_rouge_score": by_rouge_score},
        examples=() if all(unread) else outputs.first_ids(unread, SHOWN_EXAMPLES),
        repaired=replace(outputs, rouge_tokens=WORDS),
    )


def _texts(unread: Sequence[bool]) -> str:
    return "some texts" if how_many(unread) == "Some" else "these texts"


def _what_is_dropped(outputs: Outputs, unread: Sequence[bool]) -> str:
    texts = [text for text, one in zip(outputs.first_references, unread, strict=True) if one]
    same = np.mean([rouge1(text, text) for text in texts])
    return (
        f"rouge-score keeps only a to z and digits, and drops most letters of {sum(unread)} of {len(unread)} "
        f"references. Against itself, such a reference scores {same:.3f} (mean)."
    )


def _unread(outputs: Outputs) -> list[bool]:
    """Return which references lose at least `DROPPED_SHARE` of their letters, because these are not ASCII."""
    return [_dropped_share(text) >= DROPPED_SHARE for text in outputs.first_references]


@lru_cache(1 << 14)
def _dropped_share(text: str) -> float:
    """Return the share of the letters that are not ASCII."""
    if text.isascii():  # much faster than counting
        return 0.0
    letters = list(filter(str.isalpha, text))
    return (len(letters) - sum(map(str.isascii, letters))) / len(letters) if letters else 0.0
