"""A dialogue with all of its reference summaries, and how well those agree among themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sumtune.data.example import Example, normalize
from sumtune.evaluate import rouge
from sumtune.evaluate.rouge import Rouge

__all__ = ["Referenced", "group", "leave_one_out"]


@dataclass(frozen=True)
class Referenced:
    """A dialogue to summarize and at least one summary to compare with; `id` is that of its first example."""

    id: str
    dialogue: str
    references: tuple[str, ...]


def group(examples: Sequence[Example]) -> list[Referenced]:
    """One for each dialogue, in order of appearance; summaries that differ only in case or spacing count once."""
    same: dict[str, list[Example]] = {}
    for example in examples:
        same.setdefault(example.fingerprint, []).append(example)
    return [_merge(of_one) for of_one in same.values()]


def leave_one_out(references: Sequence[str]) -> tuple[Rouge, Rouge]:
    """Each reference scored against the others: the mean over references of its best and of its mean score.

    What people reach against each other is an upper mark for a system; its best is over one reference fewer.

    Raises:
        ValueError: there are fewer than two references.
    """
    if len(references) < 2:
        raise ValueError(f"expected at least two references, not {len(references)}")
    pairs = [rouge.score_multiple(one, [*references[:at], *references[at + 1 :]]) for at, one in enumerate(references)]
    best, mean = (rouge.as_array(side) for side in zip(*pairs, strict=True))
    return Rouge(*np.mean(best, axis=0).tolist()), Rouge(*np.mean(mean, axis=0).tolist())


def _merge(of_one: Sequence[Example]) -> Referenced:
    first = of_one[0]
    distinct = {normalize(example.summary): example.summary for example in reversed(of_one)}
    return Referenced(first.id, first.dialogue, tuple(reversed(distinct.values())))
