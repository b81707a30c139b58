"""Find what sets the examples with a very low score apart from the others."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import cached
from sumtune.text.language import language_of
from sumtune.text.words import count_words

__all__ = ["Group", "find_low_group"]

Mask = NDArray[np.bool_]

BATCHES = (2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 64)
QUANTILES = 40
COMMONEST = 5
"""Number of first words, languages and kinds of id that are considered."""
LEAST_SHARE = 0.05
FEWEST = 5
LOW = 0.1
"""Highest mean ROUGE-1 of a low group."""
GOOD_RATIO = 4.0
"""Smallest ratio of the mean ROUGE-1 of the other examples to the mean ROUGE-1 of the low group."""
LOW_IF_ODD, GOOD_RATIO_IF_ODD = 0.15, 3.0
"""The same two if most predictions are known to be odd: a name alone in place of a summary has about 0.1."""
SEPARATED = 0.75
"""Least share of the low group that scores below half the mean of the others, and of the others that do not."""
RESAMPLES = 200
P_VALUE = 0.01


@dataclass(frozen=True)
class Group:
    """Examples with very low scores, and what they have in common."""

    description: str
    """What sets them apart, as the end of a sentence about them."""
    members: Mask
    p_value: float
    """Share of random orders of the scores in which some feature separates low from high scores as well as this one
    (permutation test)."""


def find_low_group(outputs: Outputs, *, odd: bool = False) -> Group | None:
    """Return the group of very low scores that a single simple feature separates best from good ones.

    `odd` says that most predictions are known to be odd.
    """
    scores, count = outputs.scores, len(outputs)
    lowest, ratio = (LOW_IF_ODD, GOOD_RATIO_IF_ODD) if odd else (LOW, GOOD_RATIO)
    fewest = max(FEWEST, LEAST_SHARE * count)
    if np.sort(scores)[: math.ceil(fewest)].mean() >= lowest:  # then no group is low
        return None
    groups = [
        (text, members) for text, members in _groups(outputs) if fewest <= members.sum() <= count - fewest
    ]  # fmt: skip
    if not groups:
        return None
    members = np.array([members for _, members in groups], dtype=np.float64)
    gaps = _gaps(members, scores[:, None])[:, 0]
    best = int(np.argmax(gaps))
    text, chosen = groups[best]
    mean, others = scores[chosen].mean(), scores[~chosen].mean()
    low = scores < others / 2
    if mean >= lowest or others < ratio * mean or min(low[chosen].mean(), 1 - low[~chosen].mean()) < SEPARATED:
        return None
    generator = np.random.default_rng(0)
    shuffled = np.array([generator.permutation(scores) for _ in range(RESAMPLES)]).T
    as_good = int((_gaps(members, shuffled).max(axis=0) >= gaps[best]).sum())
    p_value = (as_good + 1) / (RESAMPLES + 1)
    return Group(text, chosen, p_value) if p_value <= P_VALUE else None


def _gaps(members: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much lower each group scores than the rest, in units of its standard error: `(groups, columns)`."""
    count, sizes = len(scores), members.sum(axis=1, keepdims=True)
    sums = members @ scores
    inside, outside = sums / sizes, (scores.sum(axis=0) - sums) / (count - sizes)
    return np.asarray((outside - inside) * np.sqrt(sizes * (count - sizes) / count))


def _groups(outputs: Outputs) -> Iterator[tuple[str, Mask]]:
    yield from _by_position(len(outputs))
    columns = {"prediction": outputs.predictions, "reference": outputs.first_references}
    for name, texts in (columns | ({"dialogue": outputs.dialogues} if outputs.dialogues else {})).items():
        yield from _by_length(name, texts)
        yield from _by_value([_language(text[:500]) for text in texts], f"their {name}s are in {{}}")
    yield from _by_value([_first_word(text) for text in outputs.predictions], "their predictions start with {!r}")
    yield from _by_value([re.sub(r"[\W\d_]+.*", "", name) for name in outputs.ids], "their ids start with {!r}")


def _by_position(count: int) -> Iterator[tuple[str, Mask]]:
    rows = np.arange(count)
    for batch in BATCHES:
        for place in {0, batch - 1} if 2 * batch <= count else ():
            every = f"every {_ordinal(batch)} row (rows {place + 1}, {place + 1 + batch}, …)"
            yield f"they are {every}", rows % batch == place
            yield f"they are all but {every}", rows % batch != place
    for row in np.unique(np.linspace(0, count, QUANTILES + 1).astype(int)):
        yield f"they are the rows from {row + 1} on", rows >= row
        yield f"they are the rows up to {row}", rows < row


def _ordinal(number: int) -> str:
    """Return 2nd, 3rd, 4th and so on; no batch has a size that ends in 1."""
    return f"{number}{'th' if number == 12 else {2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _by_length(name: str, texts: Sequence[str]) -> Iterator[tuple[str, Mask]]:
    sizes = np.array([count_words(text) for text in texts])
    for size in np.unique(np.quantile(sizes, np.linspace(0, 1, QUANTILES + 1), method="lower")):
        yield f"their {name}s have at most {size} words", sizes <= size
        yield f"their {name}s have more than {size} words", sizes > size


def _by_value(values: Sequence[str | None], text: str) -> Iterator[tuple[str, Mask]]:
    counts = Counter(value for value in values if value)
    for value, _ in counts.most_common(COMMONEST):
        yield text.format(value), np.array([one == value for one in values])


def _first_word(text: str) -> str | None:
    return next(iter(text.split(maxsplit=1)), None)


@cached
def _language(text: str) -> str | None:
    return language_of(text)
