"""Simple traits of a text, each a number: its characters, words and lines, and what it takes from its dialogue."""

import re
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from sumtune.diagnose.text_features import share, words
from sumtune.evaluate.faithfulness import novel_bigrams
from sumtune.text.words import count_words

__all__ = ["TRAITS", "TRAITS_IN_DIALOGUE", "Trait"]

Trait = Callable[[str, str], float]
"""Returns a number for a text and its dialogue (empty if unknown)."""
SENTENCE = re.compile(r"[.!?…。！？؟۔।॥]+(?=\s|$)")
MARK = re.compile(r"(?<!\w)[^\w\s]|[^\w\s](?!\w)")
"""A mark that is no part of a word or a number, unlike those of `isn't` and `3:40`."""
FEW_WORDS, FEW_MARKS = 10, 6
"""Numbers of words and of marks as which fewer count: one mark after two words is usual, and so is a single `!`."""
USUAL_MARKS = ".,'’。，、।؟،"
INNER_MARK = re.compile(r"[^\W\d_][^\w\s'’-][^\W\d_]")
CACHED_DIALOGUES = 1_000
MOST_PLACES = 3
"""Number of lines of a dialogue up to which a word shows where it comes from."""


def _capitals(text: str, _dialogue: str) -> float:
    return share(map(str.isupper, filter(str.isalpha, text)))


def _digits(text: str, _dialogue: str) -> float:
    return share(map(str.isdigit, text))


def _marks(text: str, _dialogue: str) -> float:
    return len(MARK.findall(text)) / max(FEW_WORDS, count_words(text))


def _unusual_marks(text: str, _dialogue: str) -> float:
    found = MARK.findall(text)
    return sum(mark not in USUAL_MARKS for mark in found) / max(FEW_MARKS, len(found))


def _inner_mark(text: str, _dialogue: str) -> float:
    return float(INNER_MARK.search(text) is not None)


def _not_ascii(text: str, _dialogue: str) -> float:
    return share(not letter.isascii() for letter in text)


def _lines(text: str, _dialogue: str) -> float:
    return float(sum(map(bool, map(str.strip, text.splitlines()))))


def _letters_a_word(text: str, _dialogue: str) -> float:
    found = words(text)
    return sum(map(len, found)) / max(1, len(found))


def _words_a_sentence(text: str, _dialogue: str) -> float:
    return count_words(text) / max(1, len(SENTENCE.findall(text)))


def _repeated_words(text: str, _dialogue: str) -> float:
    found = words(text)
    return 1 - len(set(found)) / max(1, len(found))


def _said(text: str, dialogue: str) -> float:
    found, known = words(text), _places(dialogue)
    return share(word in known for word in found)


def _copied_pairs(text: str, dialogue: str) -> float:
    return 1 - novel_bigrams(text, dialogue) if dialogue and count_words(text) > 1 else 0.0


def _place(text: str, dialogue: str) -> float:
    """Return the mean place in the dialogue of the words that few of its lines have: 0 at its start, 1 at its end."""
    known = _places(dialogue)
    places = [known[word] for word in set(words(text)) if word in known and known[word] >= 0]
    return float(np.mean(places)) if places else 0.5


@lru_cache(CACHED_DIALOGUES)
def _places(dialogue: str) -> dict[str, float]:
    """Return the mean place of each word between the first and the last line; -1 if many lines have it."""
    found: dict[str, list[float]] = {}
    lines = [line for line in dialogue.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        for word in set(words(line)):
            found.setdefault(word, []).append(number / max(1, len(lines) - 1))
    return {word: float(np.mean(places)) if len(places) <= MOST_PLACES else -1.0 for word, places in found.items()}


TRAITS: dict[str, Trait] = {
    "the share of capitals among their letters": _capitals,
    "the share of digits among their characters": _digits,
    "the number of punctuation marks for each word": _marks,
    "the share of marks other than full stops, commas and apostrophes": _unusual_marks,
    "whether they have a mark inside a word": _inner_mark,
    "the share of characters outside ASCII": _not_ascii,
    "the number of lines": _lines,
    "the number of letters in a word": _letters_a_word,
    "the number of words in a sentence": _words_a_sentence,
    "the share of words that occur earlier in the text": _repeated_words,
}
"""Traits by what the number is, as the middle of a sentence."""
TRAITS_IN_DIALOGUE: dict[str, Trait] = {
    "the share of words that the dialogue has": _said,
    "the share of word pairs that the dialogue has": _copied_pairs,
    "the place in the dialogue that their words come from (0 its start, 1 its end)": _place,
}
"""Traits by which a summarizer that copies more than people do differs from them in each text."""
