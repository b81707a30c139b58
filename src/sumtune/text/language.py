"""Recognizes English: the language of the shortlist of tokens, of ROUGE's stemmer and of number words."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from sumtune.data.embedded import embedded_pairs

__all__ = ["is_english"]

LEAST_SHARE = 0.4
"""Between other languages (a dialogue shares at most 0.33 of its words with the embedded conversations) and English
(0.5 and more, but for 4 of 2,656 dialogues)."""
WORD = re.compile(r"[^\W\d_]+")


def is_english(texts: Iterable[str]) -> bool | None:
    """Return whether enough words of `texts` together occur in the embedded conversations, which are English.

    Return None where there is no word to judge by. Words with a capital are left out, as most are names. Where a script
    has no capitals each letter counts as a word: there may be no spaces between words.

    >>> is_english(["Mia: Can you bring the cake? I forgot it."]), is_english(["Mia: Bringst du den Kuchen mit?"])
    (True, False)
    >>> print(is_english(["Mia: OK!"]))
    None
    """
    known = total = 0
    for word in (word for text in texts for word in _judged(text)):
        weight = 1 if word.islower() else len(word)
        total += weight
        known += weight if word in _english_words() else 0
    return known > LEAST_SHARE * total if total else None


def _judged(text: str) -> Iterator[str]:
    return (word for word in WORD.findall(text) if not word[0].isupper())


@cache
def _english_words() -> frozenset[str]:
    pairs = [pair for split in ("train", "validation", "test") for pair in embedded_pairs(split)]
    return frozenset(word for pair in pairs for text in pair for word in _judged(text))
