"""Scoring faults: tokenization that drops the letters of a language."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.evaluate.rouge import rouge1

__all__ = ["letters_dropped", "unfit_for_rouge_score"]

DROPPED_SHARE = 0.5


def letters_dropped(outputs: Outputs) -> Finding | None:
    """Texts scored with `rouge-score`, which drops their letters."""
    dropped = _dropped_share(outputs.first_references)
    if outputs.tokens != "rouge-score" or dropped < DROPPED_SHARE:
        return None
    repaired = replace(outputs, rouge_tokens="unicode")
    return Finding(
        code="letters_dropped",
        title="ROUGE dropped the letters of these texts",
        severity="fault",
        evidence=f"{_what_is_dropped(outputs, dropped)} By the words of their language the same predictions score "
        f"{repaired.score:.3f} instead of {outputs.score:.3f}.",
        numbers={"share": dropped, "rouge1": outputs.score, "rouge1_mended": repaired.score},
        repaired=repaired,
    )


def unfit_for_rouge_score(outputs: Outputs) -> Finding | None:
    """Texts whose letters `rouge-score` drops, in a file that another tool may have scored with it."""
    dropped = _dropped_share(outputs.first_references)
    if outputs.rouge_tokens != "auto" or dropped < DROPPED_SHARE:
        return None
    by_rouge_score = replace(outputs, rouge_tokens="rouge-score").score
    return Finding(
        code="letters_dropped",
        title="rouge-score, which most tools use, drops the letters of these texts",
        severity="weakness",
        evidence=f"{_what_is_dropped(outputs, dropped)} It gives these predictions {by_rouge_score:.3f}. All scores "
        f"here are by the words of the language: {outputs.score:.3f}.",
        numbers={"share": dropped, "rouge1": outputs.score, "rouge1_by_rouge_score": by_rouge_score},
    )


def _what_is_dropped(outputs: Outputs, dropped: float) -> str:
    same = np.mean([rouge1(reference, reference) for reference in outputs.first_references])
    return (
        f"rouge-score keeps only a to z and digits, and drops {dropped:.0%} of the letters of the references. Against "
        f"itself a reference scores {same:.3f} (mean)."
    )


def _dropped_share(texts: Sequence[str]) -> float:
    """Return the share of the letters that are not ASCII."""
    letters = list(filter(str.isalpha, "".join(texts)))
    return (len(letters) - sum(map(str.isascii, letters))) / len(letters) if letters else 0.0
