"""The examples that the report shows: best, median, worst, and some at random."""

import random
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from sumtune.evaluate.scorecard import BASE, TUNED, Scorecard, ScoredExample, ScoredPrediction
from sumtune.text.claims.check import Inconsistency

__all__ = ["Segment", "ShownExample", "ShownSummary", "chosen_examples", "segments", "shortened"]

RANDOM_EXAMPLES = 20
QUOTED_CHARACTERS = 80
Role = Literal["best", "median", "worst", "random"]


@dataclass(frozen=True)
class Segment:
    """A part of a summary, and why the dialogue does not support it; no reasons if it does."""

    text: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownSummary:
    """The summary of one system, with its ROUGE-1."""

    system: str
    rouge1: float
    segments: tuple[Segment, ...]
    unsupported: tuple[tuple[str, str], ...]
    """Each part that the dialogue does not support, with the reason."""


@dataclass(frozen=True)
class ShownExample:
    """An example with the summaries of the tuned and the base model."""

    role: Role
    id: str
    style: str
    turns: tuple[str, ...]
    references: tuple[str, ...]
    summaries: tuple[ShownSummary, ...]

    @property
    def has_unsupported(self) -> bool:
        """Whether a part of the tuned summary has no support in the dialogue."""
        return bool(self.summaries[0].unsupported)


def chosen_examples(scorecard: Scorecard, count: int = RANDOM_EXAMPLES) -> tuple[ShownExample, ...]:
    """Return the best, the median and the worst example by tuned ROUGE-1, then `count` others by the run's seed."""
    ordered = sorted(scorecard.examples, key=lambda one: (-one.systems[TUNED].scores.rouge1, one.id))
    places: dict[int, Role] = {0: "best"}
    places.setdefault(len(ordered) - 1, "worst")
    places.setdefault(len(ordered) // 2, "median")
    others = [place for place in range(len(ordered)) if place not in places]
    drawn = random.Random(scorecard.signature.seed).sample(others, min(count, len(others)))
    extremes = sorted(places, key=lambda place: ("best", "median", "worst").index(places[place]))
    return tuple(_shown(ordered[place], places.get(place, "random")) for place in (*extremes, *sorted(drawn)))


def segments(summary: str, found: Sequence[Inconsistency]) -> tuple[Segment, ...]:
    """Return `summary` in parts, such that each part is covered by the same inconsistencies.

    >>> segments("Bob is in Oslo.", [Inconsistency("name", "Oslo", 10, 14, "not said")])
    (Segment(text='Bob is in ', reasons=()), Segment(text='Oslo', reasons=('not said',)), Segment(text='.', reasons=()))
    """
    cuts = sorted({0, len(summary), *(min(end, len(summary)) for one in found for end in (one.start, one.end))})
    return tuple(
        Segment(summary[start:end], tuple(one.reason for one in found if one.start <= start and end <= one.end))
        for start, end in pairwise(cuts)
    )


def shortened(quote: str) -> str:
    """Return the start of a long quote."""
    return textwrap.shorten(quote, QUOTED_CHARACTERS, placeholder=" …")


def _shown(example: ScoredExample, role: Role) -> ShownExample:
    names = [name for name in (TUNED, BASE) if name in example.systems]
    summaries = tuple(_summary(name, example.systems[name]) for name in names)
    return ShownExample(
        role, example.id, example.style, tuple(example.dialogue.splitlines()), example.references, summaries
    )


def _summary(system: str, prediction: ScoredPrediction) -> ShownSummary:
    found = prediction.inconsistencies
    reasons = tuple((shortened(one.text), one.reason) for one in found)
    return ShownSummary(system, prediction.scores.rouge1, segments(prediction.text, found), reasons)
