"""What all outputs of a file have in common: their vocabulary, and the words with which predictions begin or end."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from sumtune.diagnose.repairs.vocabulary import Vocabulary
from sumtune.diagnose.text_features import share

__all__ = ["Corpus"]

PREFIX_SHARE = 0.8
PREFIX_WORDS = 2
PREFIX_ELSEWHERE = 0.3
"""Share of references that begin so, or of dialogues that contain these words, from which they are no preamble."""


@dataclass(frozen=True)
class Corpus:
    """Predictions, references and, if known, dialogues of the same rows."""

    predictions: tuple[str, ...]
    references: tuple[str, ...]
    dialogues: tuple[str, ...] = ()

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Words of the references and the dialogues."""
        return Vocabulary((*self.references, *self.dialogues))

    @cached_property
    def prefix(self) -> tuple[str, ...]:
        """Words with which nearly all predictions begin, but few references; empty if they are too few."""
        return self._shared([text.split() for text in self.predictions], [text.split() for text in self.references])

    @cached_property
    def suffix(self) -> tuple[str, ...]:
        """Words with which nearly all predictions end, but few references, in reading order."""
        predictions = [text.split()[::-1] for text in self.predictions]
        return self._shared(predictions, [text.split()[::-1] for text in self.references])[::-1]

    def _shared(self, rows: list[list[str]], references: list[list[str]]) -> tuple[str, ...]:
        found: list[str] = []
        while True:
            following = Counter(row[len(found)] for row in rows if row[: len(found)] == found and row[len(found) :])
            ((word, count),) = following.most_common(1) or [("", 0)]
            if count < PREFIX_SHARE * len(rows):
                break
            found.append(word)
        if len(found) < PREFIX_WORDS or len({tuple(row) for row in rows}) == 1:
            return ()
        phrases = {" ".join(found), " ".join(found[::-1])}
        in_dialogues = share(any(phrase in dialogue for phrase in phrases) for dialogue in self.dialogues)
        in_references = share(row[: len(found)] == found for row in references)
        return tuple(found) if max(in_dialogues, in_references) < PREFIX_ELSEWHERE else ()
