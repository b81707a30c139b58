"""Small facts about texts that several rules need."""

import re
from collections.abc import Iterable, Sequence

__all__ = ["TURN", "content_words", "coverage", "ends_sentence", "looks_like_dialogue", "overlap", "share", "words"]

WORD = re.compile(r"[^\W_]+")
TURN = re.compile(r"^[^\n:]{1,30}:\s", re.MULTILINE)
"""The beginning of a turn, `Name: `."""
SENTENCE_ENDS = ".!?…。！？"
CLOSING = "\"'”’)]»"
SHORTEST_CONTENT_WORD = 4
"""Characters; shorter words are mostly of grammar, whatever the language."""


def words(text: str) -> list[str]:
    """The words of `text`, folded.

    >>> words("Ann's 2 dogs")
    ['ann', 's', '2', 'dogs']
    """
    return WORD.findall(text.casefold())


def content_words(text: str) -> set[str]:
    """Long words and names: what two texts about the same thing share."""
    names = {word.casefold() for word in WORD.findall(text) if word[0].isupper()}
    return {word for word in words(text) if len(word) >= SHORTEST_CONTENT_WORD} | names


def coverage(summary: set[str], dialogue: set[str]) -> float:
    """Share of the words of the summary that are in the dialogue; 1 for a summary without words."""
    return len(summary & dialogue) / len(summary) if summary else 1.0


def overlap(one: set[str], two: set[str]) -> float:
    """Dice coefficient of two sets of words."""
    return 2 * len(one & two) / (len(one) + len(two)) if one or two else 0.0


def ends_sentence(text: str) -> bool:
    """Whether `text` ends like a finished sentence."""
    return text.rstrip().rstrip(CLOSING).endswith(tuple(SENTENCE_ENDS))


def looks_like_dialogue(text: str) -> bool:
    """Whether at least two lines begin like a turn, `Name: `."""
    return len(TURN.findall(text)) >= 2


def share(marks: Iterable[bool] | Sequence[bool]) -> float:
    """The share of true marks; 0 where there are none."""
    listed = list(marks)
    return sum(listed) / len(listed) if listed else 0.0
