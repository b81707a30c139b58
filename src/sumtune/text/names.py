"""Find names in a text: capitalized words that are not ordinary words."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import regex

__all__ = [
    "ENGLISH_WORD",
    "NAMES_HAVE_CAPITALS",
    "SpokenWords",
    "capitalized_spans",
    "english_name_spans",
    "forms",
    "is_said",
]

ENGLISH_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
SENTENCE_START = re.compile(r"(?:^|[.!?…:\n])[\s\"'“‘(\[*-]*\Z")
ENDING = re.compile(r"['’](?:(?:s|ll|d|ve|re|m)\Z|\Z)", re.IGNORECASE)
"""A possessive or contracted ending: `Ann's`, `Ann'll`, `they're`."""

SENTENCE_STARTERS = """
    a about according actually additionally after afterwards again all almost also although always an and another any
    anyone anything apart apparently are around as at back because before being besides between both but by can
    currently despite did do does due during each earlier either even eventually every everybody everyone everything
    except finally first for from further furthermore had has have he her here hers herself him himself his how however
    i if in initially instead is it its itself last lastly later let like many maybe me meanwhile more moreover most
    my neither never nevertheless next no nobody none nor not nothing now of often on once only or other others
    otherwise our out over perhaps people please possibly probably rather recently same second she should similarly
    since so some somebody someone something sometimes somewhere soon still such than that the their them then there
    therefore these they things this those though through thus to today together tomorrow tonight too two under unless
    until up usually was we well were what whatever when whenever where wherever whether which while who whoever whose
    why will with within without would yes yesterday yet you your
"""
ORDINARY = frozenset(SENTENCE_STARTERS.split())
"""English words that are not names when capitalized at the start of a sentence."""

NAMES_HAVE_CAPITALS = frozenset(
    ["French", "Spanish", "Portuguese", "Italian", "Dutch", "Polish", "Czech", "Turkish", "Vietnamese", "Cyrillic"]
)
"""Languages besides English in which a capitalized word inside a sentence is a name."""
OTHER_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*")
OTHER_SENTENCE_START = regex.compile(r"(?:^|[.!?…:;¡¿\n—–-])[\s\p{P}]*\Z")
SHORTEST_NAME = 3
SHORT_NAME = 4

Span = tuple[int, int]


def english_name_spans(text: str) -> Iterator[Span]:
    """Yield the start and end of each capitalized word, except `ORDINARY` words at the start of a sentence."""
    for match in ENGLISH_WORD.finditer(text):
        word = ENDING.sub("", match.group())
        if not word[:1].isupper() or word.partition("’")[0].partition("'")[0] == "I":
            continue
        if word.casefold() in ORDINARY and (len(word) == 1 or _begins_sentence(text, match.start())):
            continue
        yield match.start(), match.start() + len(word)


def capitalized_spans(text: str) -> Iterator[Span]:
    """Yield the start and end of each capitalized word inside a sentence.

    Skips abbreviations such as `PC` and `Sr.`, and the first word of a sentence, which may be an ordinary word.
    """
    for match in OTHER_WORD.finditer(text):
        word = match.group()
        if not word[0].isupper() or len(word) < SHORTEST_NAME or word.isupper() or _is_title(word, text, match.end()):
            continue
        if not OTHER_SENTENCE_START.search(text[max(0, match.start() - 20) : match.start()]):
            yield match.span()


def _is_title(word: str, text: str, end: int) -> bool:
    """Return whether `word` is short and followed by a full stop and more text, like `Sra.`."""
    return len(word) <= SHORT_NAME and text.startswith(".", end) and bool(text[end + 1 : end + 3].strip())


def forms(word: str) -> set[str]:
    """Return the spellings of an English name for comparison: case-folded, with and without an `ENDING`."""
    folded = word.casefold()
    return {folded, ENDING.sub("", folded)}


@dataclass(frozen=True)
class SpokenWords:
    """The words of a dialogue, case-folded and without diacritics."""

    every: frozenset[str]
    capitalized: frozenset[str]
    """The capitalized words, or every word if none is capitalized."""

    @classmethod
    def of(cls, dialogue: str) -> Self:
        """Return the words of `dialogue`."""
        words = {match.group() for match in OTHER_WORD.finditer(dialogue)}
        capitalized = {word for word in words if word[0].isupper()} or words
        return cls(frozenset(map(_plain, words)), frozenset(map(_plain, capitalized)))


def is_said(name: str, spoken: SpokenWords) -> bool:
    """Return whether a spoken word may be `name` with a different ending, because it begins with the same half.

    For a name of up to four letters, the same first letter is enough, as in Russian `Лев`, `Льва`.

    >>> spoken = SpokenWords.of("Marek: Dzwonił lukasz.")
    >>> is_said("Marka", spoken), is_said("Łukasza", spoken), is_said("Tomka", spoken)
    (True, True, False)
    """
    plain = _plain(name)
    if len(plain) <= SHORT_NAME:
        return any(word.startswith(plain[:1]) for word in spoken.capitalized)
    return any(word.startswith(plain[: -(-len(plain) // 2)]) for word in spoken.every)


def _plain(word: str) -> str:
    """Return `word`, case-folded and without diacritics."""
    letters = unicodedata.normalize("NFD", word.casefold().replace("ł", "l").replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _begins_sentence(text: str, start: int) -> bool:
    return SENTENCE_START.search(text, max(0, start - 20), start) is not None or start == 0
