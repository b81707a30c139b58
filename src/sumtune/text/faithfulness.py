"""Names and numbers of a summary that its dialogue does not contain: what a reader should check first."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["Mention", "mentions", "names", "numbers", "unsupported"]

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
SENTENCE_START = re.compile(r"(?:^|[.!?…:\n])[\s\"'“‘(\[*-]*\Z")
POSSESSIVE = re.compile(r"['’](?:s|S)?\Z")

UNITS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
TENS = "thirty forty fifty sixty seventy eighty ninety"
VALUES = {word: str(value) for value, word in enumerate(UNITS.split())}
VALUES |= {word: str(value) for value, word in zip(range(30, 100, 10), TENS.split(), strict=True)}
"""English words that stand for a number, by the digits they mean."""

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
"""Words that begin a sentence with a capital without being a name."""


@dataclass(frozen=True)
class Mention:
    """A name or a number in a text."""

    text: str
    kind: Literal["name", "number"]
    start: int
    """First character, counted in Unicode code points."""
    end: int
    """One past the last character."""


def names(text: str) -> list[Mention]:
    """Words of `text` that are written like names: with a capital, and at a sentence's start none of `ORDINARY`.

    A rule for languages that capitalize names only; scripts without capitals have no names by it.

    >>> [mention.text for mention in names("Then Ann's brother met Bob. He paid.")]
    ['Ann', 'Bob']
    """
    return list(_names(text))


def _names(text: str) -> Iterator[Mention]:
    for match in WORD.finditer(text):
        word = POSSESSIVE.sub("", match.group())
        if not word[:1].isupper() or word.partition("’")[0].partition("'")[0] == "I":
            continue
        if word.casefold() in ORDINARY and (len(word) == 1 or _begins_sentence(text, match.start())):
            continue
        yield Mention(word, "name", match.start(), match.start() + len(word))


def _begins_sentence(text: str, start: int) -> bool:
    return SENTENCE_START.search(text, max(0, start - 20), start) is not None or start == 0


def numbers(text: str) -> list[Mention]:
    """Numbers of `text` in digits, and English number words from `two` to `ninety`.

    `one` is left out: it is a pronoun more often than a number.

    >>> [mention.text for mention in numbers("Two people pay 1,200.50 at 7:30, one later.")]
    ['Two', '1,200.50', '7:30']
    """
    found = [Mention(match.group(), "number", *match.span()) for match in NUMBER.finditer(text)]
    for match in WORD.finditer(text):
        word = match.group()
        if word.casefold() in VALUES and word.casefold() not in {"zero", "one"}:
            found.append(Mention(word, "number", *match.span()))
    return sorted(found, key=lambda mention: mention.start)


def mentions(text: str) -> list[Mention]:
    """Names and numbers of `text`, in its order; a word such as `Two` is a number, not a name.

    >>> [mention.text for mention in mentions("Two of Ann's friends pay 5 euros.")]
    ['Two', 'Ann', '5']
    """
    found = [mention for mention in names(text) if not _is_number(mention)] + numbers(text)
    return sorted(found, key=lambda mention: mention.start)


def unsupported(summary: str, dialogue: str) -> list[Mention]:
    """Names and numbers of `summary` that stand nowhere in `dialogue`, in the order of the summary.

    A name is found whatever its case and without a possessive ending; a number whether written in digits or as a
    word, with or without separators of thousands, a time also by its hour alone where the minutes are zero.

    >>> [mention.text for mention in unsupported("Ann owes Bob 5 euros.", "ann: I owe you five euros, Ben.")]
    ['Bob']
    """
    words = {form for match in WORD.finditer(dialogue) for form in _forms(match.group())}
    values = {_value(match.group()) for match in NUMBER.finditer(dialogue)}
    values |= {VALUES[word] for word in words if word in VALUES}
    return [
        mention
        for mention in mentions(summary)
        if (not _forms(mention.text) & words if mention.kind == "name" else _value(mention.text) not in values)
    ]


def _is_number(mention: Mention) -> bool:
    return mention.text.casefold() in VALUES


def _forms(word: str) -> set[str]:
    """How a word may be written to count as the same: case and a possessive ending do not matter."""
    folded = word.casefold()
    return {folded, POSSESSIVE.sub("", folded)}


def _value(text: str) -> str:
    """One spelling for numbers that mean the same.

    >>> _value("1,200"), _value("7:00"), _value("Five"), _value("2.50"), _value("007")
    ('1200', '7', '5', '2.5', '7')
    """
    digits = VALUES.get(text.casefold(), text)
    digits = re.sub(r"[.,](?=\d{3}(?:\D|\Z))", "", digits)
    digits = re.sub(r":00\Z", "", digits).replace(",", ".")
    if "." in digits and ":" not in digits and digits.count(".") == 1:
        digits = digits.rstrip("0").rstrip(".")
    return digits.lstrip("0") or "0"
