"""Predictions that a model made from the reference: the most probable token at each place, not generated text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, groupby

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.looks.outliers import chance_of
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import how_many, share, words

__all__ = ["teacher_forced"]

FEWEST_ROWS = 10
FEWEST_FORCED = 4
LEAST_WORDS = 6
"""Smallest number of words after the first one that differs."""
OTHER_LENGTH = 1.25
"""Largest ratio of the lengths of a prediction and its reference."""
SAME_PLACES = 0.6
"""Share of these words that a prediction and its reference have at the same places."""
NEARLY = 0.3
"""Share of these words in texts that are filled into templates."""
FEWEST_RUNS = 2
LONGEST_RUN = 4
"""Smallest number of places where words differ, and largest number of words in a row that do."""
CLEAN_FORCED = 0.03
"""Share of clean predictions that is assumed to be so similar to their references."""
FORCED_P_VALUE = 5e-3
MOST_OF_ONE = 0.5
"""Share of one word among those that differ, from which it was put in place of others."""
TEMPLATES = 0.1
"""Share of references that agree so with another one, from which the references are templates."""
COMPARED = 100
"""Number of references that are compared with one another."""


def teacher_forced(outputs: Outputs) -> Finding | None:
    """Predictions with the words of their reference at the same places, although words before them differ."""
    rows = zip(outputs.predictions, outputs.first_references, strict=True)
    pairs = [(_without_loop(words(text)), words(reference)) for text, reference in rows]
    agreement = [_agreement(one, other) for one, other in pairs]
    bad = [
        value >= SAME_PLACES and _differs_here_and_there(*pair) for value, pair in zip(agreement, pairs, strict=True)
    ]
    if len(bad) < FEWEST_ROWS or not _too_many(bad) or _are_templates(outputs.first_references[:COMPARED]):
        return None
    if sum(NEARLY <= value < SAME_PLACES for value in agreement) >= sum(bad):
        return None
    if _is_one_word(chain.from_iterable(_substituted(*pair) for pair, one in zip(pairs, bad, strict=True) if one)):
        return None
    repaired = outputs.filtered([not one for one in bad])
    others = f" The others score {repaired.score:.3f}, all predictions {outputs.score:.3f}." if repaired else ""
    return Finding(
        code="teacher_forced",
        title=f"{how_many(bad)} predictions follow their references word by word",
        severity="fault",
        evidence=f"In {sum(bad)} of {len(bad)} predictions, single words differ from the reference, and still at least "
        f"{SAME_PLACES:.0%} of the words after the first of them are at its places. Generated texts rarely are so."
        f"{others}",
        numbers={"share": share(bad), "rouge1": outputs.score},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def _too_many(forced: Sequence[bool]) -> bool:
    """Return whether there are more than chance explains (binomial test)."""
    count = sum(forced)
    return count >= FEWEST_FORCED and chance_of(count, len(forced), CLEAN_FORCED) <= FORCED_P_VALUE


def _are_templates(references: Sequence[str]) -> bool:
    """Return whether references are so alike that a generated text has their words at the same places, too."""
    texts = list(map(words, references))
    alike = [
        any(_agreement(one, other) >= NEARLY for at, other in enumerate(texts) if at != row)
        for row, one in enumerate(texts)
    ]
    return share(alike) >= TEMPLATES


def _agreement(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the share of the words of `other` after the first that differs that are at the same places in `one`.

    It is 0 for texts of different lengths and for few such words.
    """
    if not len(other) / OTHER_LENGTH <= len(one) <= OTHER_LENGTH * len(other):
        return 0.0
    same = _same(one, other)
    after = same[same.index(False) + 1 :] if False in same else []
    return share(after) if len(after) >= LEAST_WORDS else 0.0


def _differs_here_and_there(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether words differ at several places, and never many in a row.

    Corrected texts and filled templates differ at one place, and texts with the same closing in a long part.
    """
    runs = [len(list(run)) for same, run in groupby(_same(one, other)) if not same]
    return len(runs) >= FEWEST_RUNS and max(runs) <= LONGEST_RUN


def _without_loop(found: Sequence[str]) -> Sequence[str]:
    """Return the words without those at the end that are the same word again and again: the model was not stopped."""
    kept = len(found)
    while kept > 1 and found[kept - 1] == found[kept - 2]:
        kept -= 1
    return found[:kept]


def _same(one: Sequence[str], other: Sequence[str]) -> list[bool]:
    return [mine == its for mine, its in zip(one, other, strict=False)]


def _substituted(one: Sequence[str], other: Sequence[str]) -> Iterator[str]:
    """Yield the words of `one` that stand in place of others."""
    return (mine for mine, its in zip(one, other, strict=False) if mine != its)


def _is_one_word(substituted: Iterator[str]) -> bool:
    """Return whether one word, such as a mask, is put in place of most others: somebody changed the texts."""
    counts = Counter(substituted)
    return max(counts.values(), default=0) > MOST_OF_ONE * counts.total()
