"""Where the tuned model is good and where it is not: its ROUGE-1 by properties of the conversation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sumtune.evaluate.bootstrap import interval
from sumtune.evaluate.scorecard import TUNED, Scorecard, ScoredExample
from sumtune.text.claims.people import split_turns
from sumtune.text.words import count_words

__all__ = ["Group", "Grouping", "groupings_of", "speakers"]

Array = NDArray[Any]
MOST_GROUPS = 4
LEAST_EXAMPLES = 5
"""Fewer examples in a group would make its interval meaningless."""


@dataclass(frozen=True)
class Group:
    """Examples with a similar property, and their mean score with its 95% interval."""

    label: str
    n: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Grouping:
    """Scores by one property, from small to large."""

    title: str
    unit: str
    groups: tuple[Group, ...]

    @property
    def sentence(self) -> str:
        """What the scores show, claiming a difference only if the intervals of best and worst do not overlap."""
        if len(self.groups) < 2:
            return f"All conversations are alike in this: {self.groups[0].label} {self.unit}."
        best, worst = max(self.groups, key=lambda group: group.mean), min(self.groups, key=lambda group: group.mean)
        if best.low > worst.high:
            return (
                f"Best with {best.label} {self.unit} ({best.mean:.3f}), worst with {worst.label} ({worst.mean:.3f}); "
                "their intervals do not overlap."
            )
        return "No clear difference: the intervals of the best and the worst group overlap."


def groupings_of(scorecard: Scorecard) -> tuple[Grouping, ...]:
    """Return the scores by length of the dialogue, number of speakers, and length of the reference."""
    properties: tuple[tuple[str, str, Callable[[ScoredExample], int]], ...] = (
        ("Length of the conversation", "words", lambda example: count_words(example.dialogue)),
        ("Number of speakers", "speakers", lambda example: speakers(example.dialogue)),
        ("Length of the reference", "words", lambda example: count_words(example.references[0])),
    )
    scores = np.array([example.systems[TUNED].scores.rouge1 for example in scorecard.examples])
    return tuple(
        Grouping(
            title,
            unit,
            _groups(np.array([measure(one) for one in scorecard.examples]), scores, scorecard.signature.seed),
        )
        for title, unit, measure in properties
    )


def speakers(dialogue: str) -> int:
    """Return the number of different speakers.

    >>> speakers("Ann: Hi\\nBob: Hello\\nAnn: Bye")
    2
    """
    return len({speaker for speaker, _ in split_turns(dialogue) if speaker})


def _groups(values: Array, scores: Array, seed: int) -> tuple[Group, ...]:
    """Return up to four groups of similar size; examples with the same value are always in the same group."""
    found = []
    for low, high in _ranges(values):
        chosen = scores[(values >= low) & (values <= high)]
        ends = interval(chosen, seed)
        label = f"{low:,}" if low == high else f"{low:,}–{high:,}"
        found.append(Group(label, len(chosen), float(chosen.mean()), float(ends[0]), float(ends[1])))
    return tuple(found)


def _ranges(values: Array) -> list[tuple[int, int]]:
    """Return the smallest and largest value of each group."""
    ordered = sorted(int(value) for value in values)
    least = max(LEAST_EXAMPLES, -(-len(ordered) // MOST_GROUPS))
    found: list[list[int]] = [[]]
    for value in ordered:
        if len(found[-1]) >= least and value != found[-1][-1]:
            found.append([])
        found[-1].append(value)
    if len(found) > 1 and len(found[-1]) < LEAST_EXAMPLES:
        last = found.pop()
        found[-1] += last
    return [(group[0], group[-1]) for group in found]
