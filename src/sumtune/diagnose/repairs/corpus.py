"""What all outputs of a file have in common: their vocabulary, and the words with which predictions begin or end."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from sumtune.diagnose.repairs.vocabulary import Vocabulary, vocabulary_of
from sumtune.diagnose.text_features import TURN, share
from sumtune.text.sentences import split_sentences

__all__ = ["Corpus"]

VOCABULARY_ROWS = 2_000
"""Number of rows that are enough for a vocabulary."""
PREFIX_SHARE = 0.8
"""Share of predictions that must begin with the same words, unless these are a sentence or end in a colon."""
PREFIX_OF_SOME = 0.05
BOILERPLATE_SHARE = 0.04
"""Share of predictions that contain the same sentence."""
FEWEST_ROWS = 3
WORDS_OF_SOME = 4
PREFIX_WORDS = 2
PREFIX_ELSEWHERE = 0.3
"""Largest share of references that begin so, or of dialogues that contain it, relative to the predictions."""


@dataclass(frozen=True)
class Corpus:
    """Predictions, references and, if known, dialogues of the same rows."""

    predictions: tuple[str, ...]
    references: tuple[str, ...]
    dialogues: tuple[str, ...] = ()

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Words of the references and the dialogues."""
        return vocabulary_of((*self.references[:VOCABULARY_ROWS], *self.dialogues[:VOCABULARY_ROWS]))

    @cached_property
    def prefix(self) -> tuple[str, ...]:
        """The first words that nearly all predictions share, or the first sentences that some of them share."""
        return self._shared([text.split() for text in self.predictions], [text.split() for text in self.references])

    @cached_property
    def suffix(self) -> tuple[str, ...]:
        """Words with which nearly all predictions end, in reading order."""
        predictions = [text.split()[::-1] for text in self.predictions]
        return self._shared(predictions, [text.split()[::-1] for text in self.references])[::-1]

    @cached_property
    def boilerplate(self) -> frozenset[str]:
        """Sentences that several predictions contain, but no reference and no dialogue."""
        counts = Counter(sentence for text in self.predictions for sentence in set(split_sentences(text)))
        fewest = max(FEWEST_ROWS, BOILERPLATE_SHARE * len(self.predictions))
        common = [one for one, count in counts.items() if count >= fewest and len(one.split()) >= WORDS_OF_SOME]
        known = (*self.references, *self.dialogues, " ".join(self.prefix), " ".join(self.suffix))
        return frozenset(
            one for one in common if not TURN.match(one) and not any(one.rstrip(".!?") in text for text in known)
        )

    def _shared(self, rows: list[list[str]], references: list[list[str]]) -> tuple[str, ...]:
        found = _most_common_start(rows, max(FEWEST_ROWS, PREFIX_OF_SOME * len(rows)))
        if sum(row[: len(found)] == found for row in rows) < PREFIX_SHARE * len(rows):
            sentences = [place for place, word in enumerate(found, 1) if word[-1] in ".:!?"]
            marks = list(takewhile(lambda word: not word[0].isalnum(), found))
            found = found[: sentences[-1]] if sentences and sentences[-1] >= WORDS_OF_SOME else marks
        if not found or (len(found) < PREFIX_WORDS and found[0][0].isalnum()) or len({tuple(row) for row in rows}) == 1:
            return ()
        phrases = {" ".join(found), " ".join(found[::-1])}
        in_dialogues = share(any(phrase in dialogue for phrase in phrases) for dialogue in self.dialogues)
        in_references = share(row[: len(found)] == found for row in references)
        in_predictions = share(row[: len(found)] == found for row in rows)
        return tuple(found) if max(in_dialogues, in_references) < PREFIX_ELSEWHERE * in_predictions else ()


def _most_common_start(rows: list[list[str]], fewest: float) -> list[str]:
    """Return the longest start that at least `fewest` rows share, extended by the most common word each time."""
    found: list[str] = []
    while True:
        rows = [row for row in rows if len(row) > len(found)]
        ((word, count),) = Counter(row[len(found)] for row in rows).most_common(1) or [("", 0)]
        if count < fewest:
            return found
        found = [*found, word]
        rows = [row for row in rows if row[len(found) - 1] == word]
