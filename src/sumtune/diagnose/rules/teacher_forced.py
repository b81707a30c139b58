"""Predictions that a model made from the reference: the most probable token at each place, not generated text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

from scipy.special import bdtrc

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import how_many, share, words

__all__ = ["teacher_forced"]

FEWEST_ROWS = 10
FEWEST_FORCED = 4
LEAST_WORDS = 6
"""Smallest number of words after the first one that differs."""
OTHER_LENGTH = 1.25
"""Largest ratio of the lengths of a prediction and its reference."""
SAME_PLACES = 0.4
"""Share of these words that a prediction and its reference have at the same places."""
CLEAN_FORCED = 0.03
"""Share of clean predictions that is assumed to be so similar to their references."""
FORCED_P_VALUE = 5e-3
MOST_OF_ONE = 0.5
"""Share of one word among those that differ, from which it was put in place of others."""
TEMPLATES = 0.1
"""Share of the pairs of neighbouring references that are as similar, from which the references are templates."""


def teacher_forced(outputs: Outputs) -> Finding | None:
    """Predictions with the words of their reference at the same places, although they are no copies."""
    bad = [
        any(_has_its_places(text, reference) for reference in references)
        for text, references in zip(outputs.predictions, outputs.references, strict=True)
    ]
    if len(bad) < FEWEST_ROWS or not _too_many(bad) or _are_templates(outputs.first_references):
        return None
    if _are_replaced(outputs, bad):
        return None
    repaired = outputs.filtered([not one for one in bad])
    others = f" The others score {repaired.score:.3f}, all predictions {outputs.score:.3f}." if repaired else ""
    return Finding(
        code="teacher_forced",
        title=f"{how_many(bad)} predictions follow their references word by word",
        severity="fault",
        evidence=f"{sum(bad)} of {len(bad)} predictions have, after their first word that differs from a reference, at "
        f"least {SAME_PLACES:.0%} of its words at the same places. A generated text would not.{others}",
        numbers={"share": share(bad), "rouge1": outputs.score},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def _too_many(forced: Sequence[bool]) -> bool:
    """Return whether there are more than chance explains (binomial test)."""
    count = sum(forced)
    return count >= FEWEST_FORCED and float(bdtrc(count - 1, len(forced), CLEAN_FORCED)) <= FORCED_P_VALUE


def _are_templates(references: Sequence[str]) -> bool:
    """Return whether references are so alike that a generated text has their words at the same places, too."""
    return share(_has_its_places(*pair) for pair in pairwise(references)) >= TEMPLATES


def _are_replaced(outputs: Outputs, bad: Sequence[bool]) -> bool:
    """Return whether most single words that differ are the same one, such as a mask: it was put there afterwards."""
    rows = zip(outputs.predictions, outputs.first_references, bad, strict=True)
    others = Counter(chain.from_iterable(_single_others(words(text), words(its)) for text, its, one in rows if one))
    return max(others.values(), default=0) > MOST_OF_ONE * others.total()


def _single_others(one: Sequence[str], other: Sequence[str]) -> Iterator[str]:
    """Yield the words of `one` that differ from `other`, but are followed by an equal word."""
    for (mine, its), (mine_next, its_next) in pairwise(zip(one, other, strict=False)):
        if mine != its and mine_next == its_next:
            yield mine


def _has_its_places(text: str, reference: str) -> bool:
    """Return whether `text` has many words of the reference at the same places, after its first other word."""
    one, other = words(text), words(reference)
    if not len(other) / OTHER_LENGTH <= len(one) <= OTHER_LENGTH * len(other):
        return False
    same = [mine == its for mine, its in zip(one, other, strict=False)]
    after = same[same.index(False) + 1 :] if False in same else []
    return len(after) >= LEAST_WORDS and sum(after) >= SAME_PLACES * len(after)
