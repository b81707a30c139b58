"""Find names and numbers in a summary that its dialogue does not contain: what a reader should check first."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from sumtune.text.language import is_english, language_of
from sumtune.text.names import (
    ENGLISH_WORD,
    NAMES_HAVE_CAPITALS,
    SpokenWords,
    capitalized_spans,
    english_name_spans,
    forms,
    is_said,
)
from sumtune.text.number_words import has_number_words
from sumtune.text.numbers import ENGLISH_VALUES, digit_spans, english_number_spans, has_number, value

__all__ = [
    "ENGLISH",
    "Mention",
    "language_of_conversation",
    "mentions",
    "names",
    "numbers",
    "unsupported",
    "unsupported_in",
]

ENGLISH = "English"
CACHED_DIALOGUES = 8
"""Number of cached dialogues. It is small: the summaries of a dialogue are checked one after another."""
ALWAYS_SAID = {"Arabic": {"1", "2"}, "Hebrew": {"1", "2"}}
"""Numbers that a language may express with an article or an ending instead of a number word. They are not reported."""


@dataclass(frozen=True)
class Mention:
    """A name or a number in a text."""

    text: str
    kind: Literal["name", "number"]
    start: int
    """Index of the first character, in Unicode code points."""
    end: int
    """Index after the last character."""


def language_of_conversation(summary: str, dialogue: str) -> str | None:
    """Return the language of both texts together; English if there are no words to judge by, None if unrecognized."""
    if is_english([dialogue, summary]) is not False:
        return ENGLISH
    language = language_of(f"{dialogue}\n{summary}")
    return None if language == ENGLISH else language


def names(text: str, language: str | None = ENGLISH) -> list[Mention]:
    """Return the words in `text` that are written like names.

    In English these are capitalized words, except ordinary words at the start of a sentence. In other languages these
    are capitalized words inside a sentence. The list is empty for languages that capitalize all nouns or nothing.

    >>> [mention.text for mention in names("Then Ann's brother met Bob. He paid.")]
    ['Ann', 'Bob']
    """
    if language == ENGLISH:
        spans = english_name_spans(text)
    else:
        spans = capitalized_spans(text) if language in NAMES_HAVE_CAPITALS else iter(())
    return [Mention(text[start:end], "name", start, end) for start, end in spans]


def numbers(text: str, language: str | None = ENGLISH) -> list[Mention]:
    """Return the numbers in `text`: digits, and English number words from `two` to `ninety`.

    >>> [mention.text for mention in numbers("Two people pay 1,200.50 at 7:30, one later.")]
    ['Two', '1,200.50', '7:30']
    """
    spans = [*digit_spans(text), *(english_number_spans(text) if language == ENGLISH else ())]
    return [Mention(text[start:end], "number", start, end) for start, end in sorted(spans)]


def mentions(text: str, language: str | None = ENGLISH) -> list[Mention]:
    """Return the names and numbers in `text`, in order; a word such as `Two` is a number, not a name.

    >>> [mention.text for mention in mentions("Two of Ann's friends pay 5 euros.")]
    ['Two', 'Ann', '5']
    """
    found = [name for name in names(text, language) if name.text.casefold() not in ENGLISH_VALUES]
    return sorted(found + numbers(text, language), key=lambda mention: mention.start)


def unsupported(summary: str, dialogue: str) -> list[Mention]:
    """Return the names and numbers in `summary` that `dialogue` does not contain, in the order of the summary.

    In English, the dialogue may write a name in any case and with a possessive ending, a number in digits or as a word,
    with or without thousands separators, and a full hour without its minutes. In other languages, a name may have a
    different ending, and numbers are checked only if the dialogue has no number words.

    >>> [mention.text for mention in unsupported("Ann owes Bob 5 euros.", "ann: I owe you five euros, Ben.")]
    ['Bob']
    >>> [mention.text for mention in unsupported("Kupi u Marka 3 bułki dla Olgi.", "Marek: Kup mi 2 bułki.")]
    ['3', 'Olgi']
    """
    return unsupported_in(language_of_conversation(summary, dialogue), summary, dialogue)


def unsupported_in(language: str | None, summary: str, dialogue: str) -> list[Mention]:
    """Return the same as `unsupported`, for a known `language`; None means unrecognized."""
    if language == ENGLISH:
        return _unsupported_in_english(summary, dialogue)
    named = names(summary, language)
    spoken = SpokenWords.of(dialogue if named else "")
    found = [name for name in named if not is_said(name.text, spoken)]
    if language is not None and not has_number_words(dialogue, language):
        always = ALWAYS_SAID.get(language, {"1"})
        found += [
            number
            for number in numbers(summary, language)
            if number.text not in always and not has_number(dialogue, number.text)
        ]
    return sorted(found, key=lambda mention: mention.start)


def _unsupported_in_english(summary: str, dialogue: str) -> list[Mention]:
    words, values = _said_in_english(dialogue)
    return [
        mention
        for mention in mentions(summary)
        if (not forms(mention.text) & words if mention.kind == "name" else value(mention.text) not in values)
    ]


@lru_cache(CACHED_DIALOGUES)
def _said_in_english(dialogue: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of `dialogue` in all their forms, and the values of its numbers."""
    words = frozenset(form for match in ENGLISH_WORD.finditer(dialogue) for form in forms(match.group()))
    values = {value(dialogue[start:end]) for start, end in digit_spans(dialogue)}
    return words, frozenset(values | {ENGLISH_VALUES[word] for word in words if word in ENGLISH_VALUES})
