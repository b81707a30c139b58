"""Predictions beside their references, as rules look at them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sumtune.evaluate.rouge import rouge1

__all__ = ["Outputs"]

EXCERPT = 60
"""Characters of a prediction that an example shows."""
QUOTE = 20
"""Letters and digits in a row that are of the dialogue and not of a summary."""


@dataclass(frozen=True)
class Outputs:
    """What one system wrote: an id, a prediction, its references, and its dialogue where that is known, by place."""

    ids: tuple[str, ...]
    predictions: tuple[str, ...]
    references: tuple[tuple[str, ...], ...]
    dialogues: tuple[str, ...] | None = None
    cut_off: tuple[bool, ...] | None = None
    """Which reached the limit of generation, where the engine said so."""
    columns: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Names of the columns by role, where they come from a table."""

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """ROUGE-1 of each prediction against its best reference, `(examples,)`."""
        pairs = zip(self.predictions, self.references, strict=True)
        return np.array([max(rouge1(text, reference) for reference in references) for text, references in pairs])

    @property
    def score(self) -> float:
        """Mean ROUGE-1."""
        return float(self.scores.mean())

    @property
    def first_references(self) -> tuple[str, ...]:
        """One reference of each example."""
        return tuple(references[0] for references in self.references)

    def mapped(self, rewrite: Callable[[str], str]) -> "Outputs":
        """The same with each prediction passed through `rewrite`."""
        return self.with_predictions([rewrite(prediction) for prediction in self.predictions])

    def with_predictions(self, predictions: Sequence[str]) -> "Outputs":
        """The same with other predictions, which no engine cut."""
        return replace(self, predictions=tuple(predictions), cut_off=None)

    def filtered(self, kept: Sequence[bool]) -> "Outputs | None":
        """The examples where `kept` is true; None where they are fewer than one in ten."""
        places = [place for place, keep in enumerate(kept) if keep]
        if 10 * len(places) < len(self):
            return None
        return self.at(places)

    def at(self, places: Sequence[int]) -> "Outputs":
        """The examples at `places`, in that order."""
        return Outputs(
            ids=tuple(self.ids[at] for at in places),
            predictions=tuple(self.predictions[at] for at in places),
            references=tuple(self.references[at] for at in places),
            dialogues=None if self.dialogues is None else tuple(self.dialogues[at] for at in places),
            cut_off=None if self.cut_off is None else tuple(self.cut_off[at] for at in places),
        )

    def excerpts(self, chosen: Sequence[bool], count: int) -> tuple[str, ...]:
        """The first `count` chosen examples: id and beginning of the prediction, or the id where that is dialogue."""
        places = [place for place, keep in enumerate(chosen) if keep][:count]
        return tuple(self.ids[at] if self._quotes(at) else f"{self.ids[at]}: {self._excerpt(at)!r}" for at in places)

    def _excerpt(self, place: int) -> str:
        return self.predictions[place][:EXCERPT]

    def _quotes(self, place: int) -> bool:
        """Whether the excerpt repeats a stretch of its dialogue, however it is spaced."""
        if self.dialogues is None:
            return False
        shown, heard = (_letters(text) for text in (self._excerpt(place), self.dialogues[place]))
        return any(shown[start : start + QUOTE] in heard for start in range(max(1, len(shown) - QUOTE + 1)) if shown)

    def first_ids(self, chosen: Sequence[bool], count: int) -> tuple[str, ...]:
        """The ids of the first `count` chosen examples."""
        return tuple(name for name, keep in zip(self.ids, chosen, strict=True) if keep)[:count]


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
