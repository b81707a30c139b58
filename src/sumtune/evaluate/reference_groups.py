"""Dialogues with all their reference summaries."""

from collections.abc import Sequence
from dataclasses import dataclass

from sumtune.data.example import Example, normalize

__all__ = ["ReferencedDialogue", "group_by_dialogue"]


@dataclass(frozen=True)
class ReferencedDialogue:
    """A dialogue, in one style, with at least one reference summary; `id` is the id of its first example."""

    id: str
    dialogue: str
    references: tuple[str, ...]
    style: str = ""


def group_by_dialogue(examples: Sequence[Example]) -> list[ReferencedDialogue]:
    """Return each dialogue once per style, in order of appearance, with its distinct references.

    References that differ only in case or spacing count as one.
    """
    same: dict[tuple[str, str], list[Example]] = {}
    for example in examples:
        same.setdefault((example.fingerprint, example.style), []).append(example)
    return [_merge(of_one) for of_one in same.values()]


def _merge(of_one: Sequence[Example]) -> ReferencedDialogue:
    first = of_one[0]
    distinct = {normalize(example.summary): example.summary for example in reversed(of_one)}
    return ReferencedDialogue(first.id, first.dialogue, tuple(reversed(distinct.values())), first.style)
