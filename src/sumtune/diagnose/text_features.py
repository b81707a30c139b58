"""Properties of texts that several rules need."""

import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

from sumtune.text.words import CAPITALIZED, SHORT_WORDS, characters, count_words
from sumtune.text.words import words as text_words

__all__ = [
    "CACHED_TEXTS",
    "DETACHED",
    "TURN",
    "breaks_off",
    "cached",
    "content_words",
    "coverage",
    "ends_sentence",
    "how_many",
    "is_about_speaker",
    "is_cut_off",
    "looks_like_dialogue",
    "share",
    "speakers",
    "without_speaker",
    "words",
]

TIME = r"(?:\d{4}-\d\d-\d\d[ T])?\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d{1,3})?"
STAMP = rf"[^\w\n]?{TIME}(?:[^\w\n]+{TIME})?[^\w\n]+"
"""Time before a speaker, such as `[00:01:30] ` or `12:01 - `."""
TURN = re.compile(rf"^(?:{STAMP})?[^\n:：]{{1,30}}(?:\({TIME}\))?(?::\s|：)", re.MULTILINE)
"""Start of a turn, `Name: `, with or without a time."""
OF_TURN = re.compile(rf"^{STAMP}|\({TIME}\)|[\s:：]+$")
"""What belongs to the start of a turn, but not to the name."""
DETACHED = re.compile(r"\w\s+(?:[.,;!?](?=\s|$)|n't\b|'(?:s|re|ll|ve|m|d)\b)")
"""Marks with a space before them, as of tokens that nobody joined."""
SENTENCE_ENDS = ".!?…。！？؟۔।॥"
SYMBOL = re.compile(r"\s[^\w\s]*[^\w\s,;(\[{–—-]$")
"""An emoji or another token without letters at the end of a text."""
CLOSING = "\"'”“’)]»」』）"
ASCII_CAPITALIZED = re.compile(r"\b[A-Z][A-Za-z0-9]*")
"""What `CAPITALIZED` finds in ASCII characters, several times as fast."""
CACHED_TEXTS = 1 << 15
"""Enough for predictions, references and dialogues of 10,000 examples."""
SHORTEST_CONTENT_WORD = 4
"""Smallest length in characters of a content word. Shorter words are mostly function words in most languages."""


WORDS_OF_START = 4
"""Smallest number of words, after a `Name: `, of the start of a sentence."""

T = TypeVar("T")


def cached(function: Callable[[str], T]) -> Callable[[str], T]:
    """Return `function` with a cache of its results for the last `CACHED_TEXTS` texts: rules look at the same texts."""
    return lru_cache(CACHED_TEXTS)(function)


@cached
def words(text: str) -> tuple[str, ...]:
    """Return the words of `text` in lower case.

    >>> words("Ann's 2 dogs")
    ('ann', 's', '2', 'dogs')
    """
    return tuple(text_words(text))


@cached
def content_words(text: str) -> frozenset[str]:
    """Return the long words and the names in `text`, which texts about the same topic share."""
    long_words = frozenset(word for word in words(text) if len(word) >= SHORTEST_CONTENT_WORD)
    if text.isascii():
        return long_words | {word.lower() for word in ASCII_CAPITALIZED.findall(text)}
    names = {word.casefold() for word in CAPITALIZED.findall(text)}
    return long_words | names | set(_syllable_pairs(text))


def _syllable_pairs(text: str) -> list[str]:
    """Return pairs of adjacent characters in scripts with short words: Han, Kana, Thai, Hangul."""
    return [one + two for run in SHORT_WORDS.findall(text) for one, two in pairwise(characters(run))]


def coverage(summary: AbstractSet[str], dialogue: AbstractSet[str]) -> float:
    """Return the share of the summary's words that the dialogue contains; 1 for a summary without words."""
    return len(summary & dialogue) / len(summary) if summary else 1.0


def overlap(one: AbstractSet[str], two: AbstractSet[str]) -> float:
    """Return the Dice coefficient of two sets of words."""
    return 2 * len(one & two) / (len(one) + len(two)) if one or two else 0.0


@cached
def ends_sentence(text: str) -> bool:
    """Return whether `text` ends like a finished sentence, or with an emoji after one.

    >>> ends_sentence("Ann helps.)"), ends_sentence("Ann helps. :)"), ends_sentence("Ann helps -")
    (True, True, False)
    """
    stripped = text.rstrip()
    return any(
        one.rstrip().rstrip(CLOSING).endswith(tuple(SENTENCE_ENDS)) for one in (stripped, SYMBOL.sub("", stripped))
    )


def breaks_off(text: str) -> bool:
    """Return whether `text` ends in mid-sentence, or with the dots of a program that shortened it."""
    return not ends_sentence(text) or text.rstrip().endswith(("...", "…"))


def is_cut_off(text: str) -> bool:
    """Return whether `text` begins a sentence and breaks off.

    A few words may also be a complete answer, label or message.
    """
    return count_words(TURN.sub("", text)) >= WORDS_OF_START and breaks_off(text)


@cached
def looks_like_dialogue(text: str) -> bool:
    """Return whether at least two lines begin like a turn, `Name: `."""
    return len(TURN.findall(text)) >= 2


@cached
def speakers(dialogue: str) -> frozenset[str]:
    """Return the names before the colons at the beginnings of lines.

    >>> sorted(speakers("[00:01.5] Ann: Hi!\\nBob (00:03): Hello."))
    ['Ann', 'Bob']
    """
    return frozenset(OF_TURN.sub("", turn).rstrip() for turn in TURN.findall(dialogue))


def without_speaker(text: str, dialogue: str) -> str:
    """Return `text`, one line, without the `Name: ` of a speaker of the dialogue at its start.

    >>> without_speaker("Ann: Bob is late.", "Ann: Hi!"), without_speaker("Ann: Bob is late.", "Carl: Hi!")
    ('Bob is late.', 'Ann: Bob is late.')
    """
    found = TURN.match(text) if "\n" not in text.strip() else None
    return text[found.end() :] if found and found[0].rstrip(" :：") in speakers(dialogue) else text


def is_about_speaker(text: str, dialogue: str) -> bool:
    """Return whether `text` begins with a speaker as the subject, who is not addressed."""
    return any(text.startswith(f"{name} ") for name in speakers(dialogue))


def share(flags: Iterable[bool] | Sequence[bool]) -> float:
    """Return the share of true flags; 0 if there are none."""
    listed = flags if isinstance(flags, Sequence) else list(flags)
    return sum(listed) / len(listed) if listed else 0.0


def how_many(flags: Sequence[bool]) -> str:
    """Return the quantifier that a title may use for the share of true flags.

    >>> how_many([True, True]), how_many([True, True, False]), how_many([True, False])
    ('All', 'Most', 'Some')
    """
    return "All" if all(flags) else "Most" if share(flags) > 0.5 else "Some"
