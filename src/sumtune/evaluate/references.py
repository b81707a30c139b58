"""A dialogue with all of its reference summaries."""

from collections.abc import Sequence
from dataclasses import dataclass

from sumtune.data.example import Example, normalize

__all__ = ["Referenced", "group"]


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


def _merge(of_one: Sequence[Example]) -> Referenced:
    first = of_one[0]
    distinct = {normalize(example.summary): example.summary for example in reversed(of_one)}
    return Referenced(first.id, first.dialogue, tuple(reversed(distinct.values())))
