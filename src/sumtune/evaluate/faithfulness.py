"""What overlap with a reference does not show: is it in the dialogue, is it said once, is it a summary at all."""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

from sumtune.data.example import normalize

__all__ = ["MEASURES", "Faithfulness", "as_row", "measure", "names_and_numbers"]

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
CONTRACTION = re.compile(r"['’](?:s|ll|ve|re|d|m)$")
SENTENCE_START = re.compile(r"(?:^|[.!?:\n])[\s\"'“”]*$")
_OPENERS = """
a about after all also although an and another any anyone are as at because before both but by did do does during each
either everybody everyone finally first for from had has have he her here hers him his how however i if in instead is it
its later maybe me my neither next no nobody none not now of on once one only or other others our people she since so
some somebody someone soon that the their them then there they these this those though to today tomorrow tonight two
until was we were what when where which while who why will with yes yesterday you your
"""
OPENERS = frozenset(_OPENERS.split())
"""Words that begin an English sentence with a capital without being a name."""
_SPELLED = "zero one two three four five six seven eight nine ten eleven twelve"
SPELLED = {word: str(number) for number, word in enumerate(_SPELLED.split())}


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
        unsupported=_share_outside(names_and_numbers(prediction), _supported(source)),
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


def names_and_numbers(text: str) -> list[str]:
    """Words with a capital that no English sentence begins with by habit, and numbers; folded, no `'s`.

    Where a name is written small, or a sentence begins with a rare word, this errs; it errs alike for all systems.

    >>> names_and_numbers("They owe Ann's sister 20 euro. Tom knows.")
    ['ann', '20', 'tom']
    """
    found = []
    for match in WORD.finditer(text):
        word = _bare(match.group().casefold())
        if word[0].isdigit() or (
            match.group()[0].isupper() and word != "i" and not (word in OPENERS and _begins_sentence(text, match))
        ):
            found.append(word)
    return found


def _begins_sentence(text: str, match: re.Match[str]) -> bool:
    return SENTENCE_START.search(text[: match.start()]) is not None


def _words(text: str) -> list[str]:
    return [_bare(word.casefold()) for word in WORD.findall(text)]


def _bare(word: str) -> str:
    return CONTRACTION.sub("", word)


def _supported(source: Sequence[str]) -> set[str]:
    """Words of the dialogue, small numbers also as digits."""
    return {*source, *(SPELLED[word] for word in source if word in SPELLED)}


def _grams(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + size]) for start in range(len(words) - size + 1)]


def _share_outside(items: Sequence[object], known: set[str] | set[tuple[str, ...]]) -> float:
    return sum(item not in known for item in items) / len(items) if items else 0.0


def _repeated(grams: Sequence[tuple[str, ...]]) -> float:
    return 1 - len(set(grams)) / len(grams) if grams else 0.0
