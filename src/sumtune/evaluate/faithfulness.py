"""What overlap with a reference does not show: is it in the dialogue, is it said once, is it a summary at all."""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

from sumtune.data.example import normalize
from sumtune.text.faithfulness import mentions, unsupported

__all__ = ["MEASURES", "Faithfulness", "as_row", "measure"]

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
CONTRACTION = re.compile(r"['’](?:s|ll|ve|re|d|m)$")


@dataclass(frozen=True)
class Faithfulness:
    """Measures of one prediction; an empty one has 0 in all but `empty`."""

    unsupported: float
    """Share of its names and numbers that do not occur in the dialogue; 0 where it has none."""
    novel_bigrams: float
    """Share of its word pairs that do not occur in the dialogue (novel n-grams, See et al. 2017)."""
    repetition: float
    """Share of its word triples that stand in it before (seq-rep-n with n = 3, Welleck et al. 2020)."""
    length_ratio: float
    """Its words over the mean words of its references."""
    empty: float
    """1 where it has no word, else 0."""
    copied: float
    """1 where all of it stands in the dialogue word by word, else 0."""
    words: float
    """Its words, between white space."""


MEASURES = tuple(field.name for field in fields(Faithfulness))


def measure(prediction: str, dialogue: str, references: Sequence[str]) -> Faithfulness:
    """The measures of `prediction`, a summary of `dialogue`.

    >>> measure("Ann meets Bob at 5.", "Ann: Meet me at 6?\\nBob: Sure.", ["Bob will meet Ann at 6."])
    Faithfulness(unsupported=0.3333333333333333, novel_bigrams=1.0, repetition=0.0, length_ratio=0.8333333333333334, \
empty=0.0, copied=0.0, words=5.0)
    """
    words, source = _words(prediction), _words(dialogue)
    reference_words = sum(len(reference.split()) for reference in references) / len(references)
    return Faithfulness(
        unsupported=len(unsupported(prediction, dialogue)) / max(1, len(mentions(prediction))),
        novel_bigrams=_share_outside(_grams(words, 2), set(_grams(source, 2))),
        repetition=_repeated(_grams(words, 3)),
        length_ratio=len(prediction.split()) / reference_words if reference_words else 0.0,
        empty=float(not words),
        copied=float(bool(words) and normalize(prediction) in normalize(dialogue)),
        words=float(len(prediction.split())),
    )


def as_row(measures: Faithfulness) -> tuple[float, ...]:
    """The values in the order of `MEASURES`."""
    return astuple(measures)


def _words(text: str) -> list[str]:
    return [_bare(word.casefold()) for word in WORD.findall(text)]


def _bare(word: str) -> str:
    return CONTRACTION.sub("", word)


def _grams(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + size]) for start in range(len(words) - size + 1)]


def _share_outside(items: Sequence[tuple[str, ...]], known: set[tuple[str, ...]]) -> float:
    return sum(item not in known for item in items) / len(items) if items else 0.0


def _repeated(grams: Sequence[tuple[str, ...]]) -> float:
    return 1 - len(set(grams)) / len(grams) if grams else 0.0
