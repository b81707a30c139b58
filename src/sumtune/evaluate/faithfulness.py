"""Measures of what overlap with a reference does not show: unsupported content, copying, repetition, length."""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from functools import lru_cache

import regex

from sumtune.data.example import normalize
from sumtune.text.claims.check import inconsistencies_in_english
from sumtune.text.claims.support import novel_words
from sumtune.text.mentions import ENGLISH, language_of_conversation, mentions, unsupported_in
from sumtune.text.words import count_words, has_unspaced, words

__all__ = ["MEASURES", "Faithfulness", "as_row", "measure", "novel_bigrams"]

_LETTERS = r"[\p{L}\p{N}][\p{L}\p{N}\p{M}\u200c\u200d]*"
WORD = regex.compile(rf"{_LETTERS}(?:['’-]{_LETTERS})*")
ASCII_WORD = re.compile("[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*")
"""What `WORD` finds in ASCII characters, several times as fast."""
CACHED_WORDS = 1 << 16
CACHED_DIALOGUES = 64
"""The summaries of a dialogue by several systems are measured one after another, in small files by several rules."""
CONTRACTION = regex.compile(r"['’](?:s|ll|ve|re|d|m)$")


@dataclass(frozen=True)
class Faithfulness:
    """Measures of one prediction. For an empty prediction all are 0, except `empty`.

    In scripts without spaces between words, each character counts as a word.
    """

    unsupported: float
    """Share of the names and numbers that do not occur in the dialogue; 0 if there are none."""
    inconsistent: float
    """1 if another check finds something that the dialogue says differently or not at all, else 0 (only English)."""
    novel_words: float
    """Share of the content words whose stem does not occur in the dialogue; 0 unless both are English."""
    novel_bigrams: float
    """Share of the word pairs that do not occur in the dialogue (novel n-grams, See et al. 2017)."""
    repetition: float
    """Share of the word triples that occur earlier in the prediction (seq-rep-n with n = 3, Welleck et al. 2020)."""
    length_ratio: float
    """Number of words divided by the mean number of words of the references."""
    empty: float
    """1 if the prediction has no words, else 0."""
    copied: float
    """1 if the dialogue contains the prediction word for word, else 0."""
    words: float
    """Number of words."""


MEASURES = tuple(field.name for field in fields(Faithfulness))


def measure(prediction: str, dialogue: str, references: Sequence[str]) -> Faithfulness:
    """Return the measures of `prediction`, a summary of `dialogue`.

    >>> measure("Ann meets Bob at 5.", "Ann: Meet me at 6?\\nBob: Sure.", ["Bob will meet Ann at 6."])
    Faithfulness(unsupported=0.3333333333333333, inconsistent=0.0, novel_words=0.5, novel_bigrams=1.0, \
repetition=0.0, length_ratio=0.8333333333333334, empty=0.0, copied=0.0, words=5.0)
    """
    own = _words(prediction)
    reference_words = sum(map(count_words, references)) / len(references)
    language = language_of_conversation(prediction, dialogue)
    return Faithfulness(
        unsupported=len(unsupported_in(language, prediction, dialogue)) / max(1, len(mentions(prediction, language))),
        inconsistent=float(language == ENGLISH and bool(inconsistencies_in_english(prediction, dialogue))),
        novel_words=novel_words(prediction, dialogue) if language == ENGLISH else 0.0,
        novel_bigrams=novel_bigrams(prediction, dialogue),
        repetition=_repeated(_grams(own, 3)),
        length_ratio=count_words(prediction) / reference_words if reference_words else 0.0,
        empty=float(not own),
        copied=float(bool(own) and normalize(prediction) in normalize(dialogue)),
        words=float(count_words(prediction)),
    )


def novel_bigrams(prediction: str, dialogue: str) -> float:
    """Return the share of word pairs of `prediction` that `dialogue` does not contain."""
    return _share_outside(_grams(_words(prediction), 2), _bigrams(dialogue))


@lru_cache(CACHED_DIALOGUES)
def _bigrams(dialogue: str) -> frozenset[tuple[str, ...]]:
    return frozenset(_grams(_words(dialogue), 2))


def as_row(measures: Faithfulness) -> tuple[float, ...]:
    """Return the values in the order of `MEASURES`."""
    return astuple(measures)


def _words(text: str) -> list[str]:
    return [word for piece in (ASCII_WORD if text.isascii() else WORD).findall(text) for word in _words_of(piece)]


@lru_cache(CACHED_WORDS)
def _words_of(piece: str) -> list[str]:
    return words(piece) if has_unspaced(piece) else [CONTRACTION.sub("", piece.casefold())]


def _grams(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + size]) for start in range(len(words) - size + 1)]


def _share_outside(items: Sequence[tuple[str, ...]], known: frozenset[tuple[str, ...]]) -> float:
    return sum(item not in known for item in items) / len(items) if items else 0.0


def _repeated(grams: Sequence[tuple[str, ...]]) -> float:
    return 1 - len(set(grams)) / len(grams) if grams else 0.0
