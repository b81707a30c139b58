"""Whether summaries follow the order of their dialogues."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from sumtune.diagnose.looks.outliers import chance_of
from sumtune.diagnose.text_features import TURN, content_words, words

__all__ = ["in_other_order"]

FEWEST_PAIRS = 3
"""Smallest number of pairs of words that show an order."""
CLEAN_SHARE = 0.25
"""Largest share of sound summaries that put most pairs in a different order from their dialogue."""
ORDER_P_VALUE = 5e-3
HEADER = re.compile(r"^(?:subject|betreff|objet|asunto|re|fwd?|aw)\s?:\s", re.IGNORECASE | re.MULTILINE)
"""A line of an e-mail. A thread may begin with the newest one, and quotes others."""
OF_STYLE = 0.65
"""If this share of the judged summaries follow a different order, all dialogues do, as in an export."""


def in_other_order(dialogues: Sequence[str], summaries: Sequence[str]) -> tuple[list[bool], bool]:
    """Return which summaries follow a different order from their dialogues, and whether nearly all do.

    None are returned unless they are more than usual.

    The order of two words that occur in one turn each shows whether a summary follows its dialogue (Kendall 1938).
    """
    agreement = [_agreement(*row) for row in zip(dialogues, summaries, strict=True)]
    bad = [agree < pairs - agree if pairs >= FEWEST_PAIRS else False for agree, pairs in agreement]
    judged = sum(pairs >= FEWEST_PAIRS for _, pairs in agreement)
    if chance_of(sum(bad), judged, CLEAN_SHARE) > ORDER_P_VALUE:
        return [False] * len(bad), False
    return bad, sum(bad) >= OF_STYLE * judged


def _agreement(dialogue: str, summary: str) -> tuple[int, int]:
    """Return how many pairs of words are in the same order in both texts, and how many pairs there are."""
    pairs = [one < two for one, two in combinations(_places(dialogue, summary), 2) if one != two]
    return sum(pairs), len(pairs)


def _places(dialogue: str, summary: str) -> Iterator[int]:
    """Yield for each word of `summary` the place of the turn with it, if it is the only one; none for e-mails."""
    if HEADER.search(dialogue):
        return
    places = defaultdict[str, list[int]](list)
    for place, turn in enumerate(filter(str.strip, dialogue.splitlines())):
        for word in content_words(TURN.sub("", turn)):
            places[word].append(place)
    for word in dict.fromkeys(words(summary)):
        if len(places.get(word, ())) == 1:
            yield places[word][0]
