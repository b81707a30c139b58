"""Split a text in any script into words by Unicode rules (UAX #29), without a dictionary or a model."""

import re
import unicodedata
from functools import lru_cache

import regex

__all__ = [
    "CAPITALIZED",
    "SHORT_WORDS",
    "UNSPACED_SCRIPTS",
    "characters",
    "count_words",
    "fold",
    "has_unspaced",
    "has_words",
    "words",
]

CACHED_TEXTS = 1 << 14
UNSPACED_SCRIPTS = ("Han", "Hiragana", "Katakana", "Bopomofo", "Thai", "Lao", "Khmer", "Myanmar")
"""Scripts without spaces between words. Each of their characters counts as a word."""

_UNSPACED = "".join(rf"\p{{{script}}}" for script in UNSPACED_SCRIPTS) + "ー"
_CHARACTER = rf"(?=[[{_UNSPACED}]&&[\p{{L}}\p{{N}}]])\X\p{{M}}*"
"""A character with its marks. `\\X` (grapheme cluster) omits some vowel signs of Myanmar, which `\\p{{M}}*` adds."""
_SPACED_WORD = (
    rf"[[\p{{L}}\p{{N}}]--[{_UNSPACED}]]"
    rf"(?:[[\p{{L}}\p{{N}}\p{{M}}\u200c\u200d]--[{_UNSPACED}]]|(?<=\p{{Nd}})[.,٫٬](?=\p{{Nd}}))*"
)
"""A run of letters with their marks, digits and joiners; separators only between digits."""
WORD = regex.compile(rf"(?V1){_CHARACTER}|{_SPACED_WORD}")
CHARACTER = regex.compile(r"(?V1)(?=[\p{L}\p{N}])\X\p{M}*")
CAPITALIZED = regex.compile(r"\b\p{Lu}[\p{L}\p{N}\p{M}]*")
SHORT_WORDS = regex.compile(rf"[\p{{Hangul}}{_UNSPACED}\p{{M}}]+")
"""Runs of characters in scripts whose words have one or two characters."""
ASCII_WORD = re.compile(r"[a-z0-9]+(?:(?<=[0-9])[.,](?=[0-9])[a-z0-9]+)*")
"""What `WORD` finds in a folded text of ASCII characters, several times as fast."""
UNSPACED = regex.compile(rf"(?V1)[[{_UNSPACED}]&&[\p{{L}}\p{{N}}]]")
HIGH = re.compile("[\u0e00-\u1fff\u2e80-\U0010ffff]")
"""Everything that `UNSPACED` matches, and more: Thai comes first, and punctuation is between U+2000 and U+2E7F."""


def words(text: str) -> list[str]:
    """Return the words of `text`, case-folded; in scripts without spaces, each character is a word.

    Word boundaries follow UAX #29, except that an apostrophe, a full stop or a colon between letters also ends a word,
    as UAX #29 suggests for French and Italian.

    >>> words("L'été, 3.50 € am Fluß"), words("मैं पाँच बजे।"), words("我用iPhone。")
    (['l', 'été', '3.50', 'am', 'fluss'], ['मैं', 'पाँच', 'बजे'], ['我', '用', 'iphone'])
    """
    found: list[str] = ASCII_WORD.findall(text.lower()) if text.isascii() else WORD.findall(fold(text))
    return found


def has_words(text: str) -> bool:
    """Return whether `text` has a letter or a digit.

    >>> has_words("- 5 -"), has_words("...")
    (True, False)
    """
    return (ASCII_WORD.search(text.lower()) if text.isascii() else WORD.search(fold(text))) is not None


def characters(text: str) -> list[str]:
    """Return each letter and digit of `text` with its marks, case-folded.

    >>> characters("Él: 5 हिंदी")
    ['é', 'l', '5', 'हिं', 'दी']
    """
    found: list[str] = CHARACTER.findall(fold(text))
    return found


def fold(text: str) -> str:
    """Return `text` in Unicode normalization form NFKC, case-folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def has_unspaced(text: str) -> bool:
    """Return whether `text` contains a character of a script without spaces between words."""
    high = None if text.isascii() else HIGH.search(text)
    return high is not None and UNSPACED.search(text, high.start()) is not None


@lru_cache(CACHED_TEXTS)
def count_words(text: str) -> int:
    """Count words separated by white space; each character of a script without spaces counts as a word.

    >>> count_words("Ann - at 5!"), count_words("我在 iPhone 上。")
    (4, 4)
    """
    if not has_unspaced(text):
        return len(text.split())
    return sum(len(WORD.findall(piece)) if has_unspaced(piece) else 1 for piece in text.split())
