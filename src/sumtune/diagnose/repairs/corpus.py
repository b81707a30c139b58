"""What all outputs of a file have in common: their vocabulary, and the words with which predictions begin or end."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from sumtune.diagnose.repairs.frames import Frame, find_frames
from sumtune.diagnose.repairs.substitution import find_table
from sumtune.diagnose.repairs.vocabulary import Vocabulary, vocabulary_of
from sumtune.diagnose.text_features import TURN, is_about_speaker, share, without_speaker, words
from sumtune.text.sentences import split_sentences

__all__ = ["Corpus"]

VOCABULARY_ROWS = 2_000
"""Number of rows that are enough for a vocabulary."""
BOILERPLATE_SHARE = 0.04
"""Share of predictions that contain the same sentence."""
FEWEST_ROWS = 3
WORDS_OF_SOME = 4
GARBLED = 0.35
"""Share of the letters of known words below which a text may be in a cipher."""
GARBLED_ROWS = 200
DIFFERENT = 0.5
"""Smallest share of different texts among those in a cipher; a few labels that repeat are none."""
ABOUT_SPEAKERS = 0.5
"""Share of the predictions after `Name: ` that begin with a speaker."""


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
    def speak_of_speakers(self) -> bool:
        """Whether most predictions that begin with `Name: ` continue with a speaker: summaries, not turns."""
        rows = zip(self.predictions, self.dialogues, strict=False)
        said = [(rest, dialogue) for text, dialogue in rows if (rest := without_speaker(text, dialogue)) != text]
        return len(said) >= FEWEST_ROWS and share(is_about_speaker(*pair) for pair in said) >= ABOUT_SPEAKERS

    @cached_property
    def starts(self) -> tuple[Frame, ...]:
        """What several predictions begin with."""
        return tuple(find_frames(self.predictions, self.references, self.dialogues))

    @cached_property
    def ends(self) -> tuple[Frame, ...]:
        """What several predictions end with, to be matched with the text backwards."""
        return tuple(find_frames(self.predictions, self.references, self.dialogues, backwards=True))

    @cached_property
    def letter_table(self) -> dict[str, str]:
        """The letter that each character stands for in garbled predictions; empty if too few of these are different."""
        known = self.vocabulary
        rows = [
            row
            for row, text in enumerate(self.predictions)
            if known.known_share(text) < GARBLED and known.shares_letters(text)
        ]
        rows = rows[:GARBLED_ROWS]
        different = len({self.predictions[row] for row in rows})
        if different < max(FEWEST_ROWS, DIFFERENT * len(rows)):
            return {}
        said = [set(words(self.dialogues[row])) if self.dialogues else known.words for row in rows]
        return find_table([self.predictions[row] for row in rows], said)

    @cached_property
    def boilerplate(self) -> frozenset[str]:
        """Sentences that several predictions contain, but no reference and no dialogue."""
        counts = Counter(sentence for text in self.predictions for sentence in set(split_sentences(text)))
        fewest = max(FEWEST_ROWS, BOILERPLATE_SHARE * len(self.predictions))
        common = [one for one, count in counts.items() if count >= fewest and len(one.split()) >= WORDS_OF_SOME]
        known = (*self.references, *self.dialogues)
        return frozenset(
            one for one in common if not TURN.match(one) and not any(one.rstrip(".!?") in text for text in known)
        )
