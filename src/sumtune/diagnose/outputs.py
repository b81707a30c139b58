"""Predictions with their references and dialogues, the input of the rules for outputs."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sumtune.config import RougeTokens
from sumtune.evaluate.rouge import Tokens, choose_tokens, rouge1

__all__ = ["Outputs", "score_change"]

EXCERPT = 60
"""Characters of a prediction to show in an example."""
QUOTE = 20
"""Number of consecutive letters and digits that count as a quotation from the dialogue."""


@dataclass(frozen=True)
class Outputs:
    """Outputs of one system: parallel tuples of ids, predictions, references and, if known, dialogues."""

    ids: tuple[str, ...]
    predictions: tuple[str, ...]
    references: tuple[tuple[str, ...], ...]
    dialogues: tuple[str, ...] | None = None
    cut_off: tuple[bool, ...] | None = None
    """Which predictions reached the generation limit, if the engine reported it."""
    columns: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Column names by role, if the outputs come from a table."""
    rouge_tokens: RougeTokens = "auto"
    """Unit that ROUGE counts; `auto` chooses it by the language of the references."""

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """ROUGE-1 of each prediction against its best reference, `(examples,)`."""
        pairs = zip(self.predictions, self.references, strict=True)
        return np.array(
            [max(rouge1(text, reference, self.tokens) for reference in references) for text, references in pairs]
        )

    @cached_property
    def tokens(self) -> Tokens:
        """Unit that ROUGE counts in these texts."""
        return choose_tokens(self.rouge_tokens, [text for references in self.references for text in references])

    @property
    def score(self) -> float:
        """Mean ROUGE-1."""
        return float(self.scores.mean())

    @cached_property
    def first_references(self) -> tuple[str, ...]:
        """The first reference of each example."""
        return tuple(references[0] for references in self.references)

    def mapped(self, rewrite: Callable[[str], str]) -> "Outputs":
        """Return a copy with `rewrite` applied to each prediction."""
        return self.with_predictions([rewrite(prediction) for prediction in self.predictions])

    def with_predictions(self, predictions: Sequence[str]) -> "Outputs":
        """Return a copy with other predictions, none marked as cut off."""
        return replace(self, predictions=tuple(predictions), cut_off=None)

    def filtered(self, chosen: Sequence[bool]) -> "Outputs | None":
        """Return the chosen examples; None if they are fewer than a tenth of all."""
        indices = [index for index, is_chosen in enumerate(chosen) if is_chosen]
        if 10 * len(indices) < len(self):
            return None
        return self.select(indices)

    def select(self, indices: Sequence[int]) -> "Outputs":
        """Return the examples at `indices`, in that order."""
        return Outputs(
            ids=tuple(self.ids[index] for index in indices),
            predictions=tuple(self.predictions[index] for index in indices),
            references=tuple(self.references[index] for index in indices),
            dialogues=None if self.dialogues is None else tuple(self.dialogues[index] for index in indices),
            cut_off=None if self.cut_off is None else tuple(self.cut_off[index] for index in indices),
            rouge_tokens=self.tokens,
        )

    def sample(self, size: int) -> "Outputs":
        """Return a random sample of `size` examples, always the same; all examples if there are not more."""
        if len(self) <= size:
            return self
        return self.select(sorted(random.Random(0).sample(range(len(self)), size)))

    def excerpts(self, chosen: Sequence[bool], count: int) -> tuple[str, ...]:
        """Return the id and the start of the prediction for each of the first `count` chosen examples.

        If the start quotes the dialogue, only the id is returned.
        """
        indices = [index for index, is_chosen in enumerate(chosen) if is_chosen][:count]
        return tuple(self.excerpt(index) for index in indices)

    def excerpt(self, index: int) -> str:
        """Return the id and the start of one prediction, or only the id if the start quotes the dialogue."""
        start = self.predictions[index][:EXCERPT]
        return self.ids[index] if self._quotes(start, index) else f"{self.ids[index]}: {start!r}"

    def _quotes(self, start: str, index: int) -> bool:
        """Return whether `start` repeats a passage of the dialogue, ignoring white space and punctuation."""
        if self.dialogues is None:
            return False
        shown, dialogue = _letters(start), _letters(self.dialogues[index])
        return any(shown[at : at + QUOTE] in dialogue for at in range(max(1, len(shown) - QUOTE + 1)) if shown)

    def first_ids(self, chosen: Sequence[bool], count: int) -> tuple[str, ...]:
        """Return the ids of the first `count` chosen examples."""
        return tuple(name for name, is_chosen in zip(self.ids, chosen, strict=True) if is_chosen)[:count]


def score_change(before: Outputs, after: Outputs) -> str:
    """Return how the score changes, as the end of a sentence about it."""
    old, new = f"{before.score:.3f}", f"{after.score:.3f}"
    return f"stays {new}" if old == new else f"is {new} instead of {old}"


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
