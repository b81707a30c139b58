"""Turns that a dialogue has in common with the dialogue of another row."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from sumtune.diagnose.text_features import TURN
from sumtune.text.words import count_words

__all__ = ["with_turns_of_others"]

FEWEST_WORDS = 4
"""Number of words from which hardly any two conversations have the same turn."""
FEWEST_SHARED = 3
"""Number of such turns that two dialogues share if one has turns of the other."""


def with_turns_of_others(dialogues: Sequence[str]) -> list[bool]:
    """Return which dialogues have turns of another dialogue, by speakers that their own turns do not have.

    A turn counts if exactly two dialogues have it, because more of them have a phrase. Parts of one conversation share
    turns, too, but also speakers.
    """
    turns = [frozenset(filter(_is_long, said.splitlines())) for said in dialogues]
    rows_of: defaultdict[str, list[int]] = defaultdict(list)
    for row, lines in enumerate(turns):
        for line in lines:
            rows_of[line].append(row)
    shared = Counter(pair for rows in rows_of.values() if len(rows) == 2 for pair in (tuple(rows), tuple(rows[::-1])))
    bad = {
        row
        for (row, other), count in shared.items()
        if count >= FEWEST_SHARED and _have_other_speakers(turns[row] & turns[other], turns[row] - turns[other])
    }
    return [row in bad for row in range(len(dialogues))]


def _is_long(line: str) -> bool:
    return count_words(line) >= FEWEST_WORDS


def _have_other_speakers(some: frozenset[str], others: frozenset[str]) -> bool:
    """Return whether both sets of turns have speakers, and none in common."""
    one, two = (set(TURN.findall("\n".join(turns))) for turns in (some, others))
    return bool(one) and bool(two) and one.isdisjoint(two)
