"""Predictions in another style than the references, all of them: what differs most."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.looks.judged import FEWEST_ROWS, SAMPLE
from sumtune.diagnose.looks.traits import TRAITS, TRAITS_IN_DIALOGUE
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.copies import extracts
from sumtune.text.words import count_words

__all__ = ["other_style"]

FAR = 2.0
"""Smallest distance of two means in standard deviations of the references, at the lower end of its interval."""
STANDARD_ERRORS = 2.0
"""Standard errors of the distance from its mean to this end."""
OTHER_LENGTH = 2.5
"""Smallest ratio of the median lengths of predictions and references."""
LEAST_DEVIATION = 0.05
LEAST_RATIO = 0.25
"""Standard deviation that a trait has at least, and its smallest ratio to the mean."""
LEAST_DEVIATION_OF_WORDS = 0.3
"""The same for whether a text has a word."""
TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")


@dataclass(frozen=True)
class Difference:
    """How far the predictions are from the references in one number."""

    what: str
    prediction: float
    """Mean of the predictions."""
    reference: float
    deviation: float
    error: float
    """Standard error of the difference of the means."""

    @property
    def least_distance(self) -> float:
        """Return the distance at the lower end of its interval, which is wide if there are few rows."""
        return self.distance - STANDARD_ERRORS * self.error / self.deviation

    @property
    def distance(self) -> float:
        """Distance of the means in standard deviations of the references."""
        return abs(self.prediction - self.reference) / self.deviation


def other_style(outputs: Outputs) -> Finding | None:
    """Copied passages, another length, or the trait or word by which predictions differ most from references."""
    if len(outputs) < FEWEST_ROWS:
        return None
    sample = outputs.sample(SAMPLE)
    copies = extracts(sample) and extracts(outputs)
    return copies or _length(sample) or _farthest(sample)


def _farthest(sample: Outputs) -> Finding | None:
    found = max((*_traits(sample), *_words(sample)), key=lambda one: one.least_distance)
    if found.least_distance < FAR:
        return None
    return Finding(
        code="unlike_references",
        title="The predictions are in another style than the references",
        severity="weakness",
        evidence=f"They differ most in {found.what}: it is {found.prediction:.2f} in predictions and "
        f"{found.reference:.2f} in references (means), {found.distance:.1f} standard deviations of the references "
        "apart.",
        numbers={"mean": found.prediction, "mean_references": found.reference, "distance": found.distance},
    )


def _length(outputs: Outputs) -> Finding | None:
    mine, others = (
        float(np.median(list(map(count_words, texts)))) for texts in (outputs.predictions, outputs.first_references)
    )
    if max(mine, others) < OTHER_LENGTH * max(1.0, min(mine, others)):
        return None
    return Finding(
        code="odd_lengths",
        title=f"The predictions are far {'shorter' if mine < others else 'longer'} than the references",
        severity="weakness",
        evidence=f"Median length in words: {mine:g} in the predictions, {others:g} in the references.",
        numbers={"words": mine, "words_references": others},
    )


def _traits(outputs: Outputs) -> Iterator[Difference]:
    dialogues = outputs.dialogues or ("",) * len(outputs)
    for what, trait in (TRAITS | TRAITS_IN_DIALOGUE).items():
        predicted, wanted = (
            np.array([trait(text, dialogue) for text, dialogue in zip(texts, dialogues, strict=True)])
            for texts in (outputs.predictions, outputs.first_references)
        )
        deviation = max(float(wanted.std()), LEAST_DEVIATION, LEAST_RATIO * abs(float(wanted.mean())))
        error = math.sqrt((predicted.var() + wanted.var()) / len(outputs))
        yield Difference(what, float(predicted.mean()), float(wanted.mean()), deviation, error)


def _words(outputs: Outputs) -> Iterator[Difference]:
    """Yield the words and marks of predictions by whether a text has them."""
    predicted, wanted = (
        Counter(token for text in texts for token in set(TOKEN.findall(text.lower())))
        for texts in (outputs.predictions, outputs.first_references)
    )
    for token in sorted(predicted):
        mine, others = predicted[token] / len(outputs), wanted[token] / len(outputs)
        if mine < others:  # a shorter text lacks many words
            continue
        deviation = max(math.sqrt(others * (1 - others)), LEAST_DEVIATION_OF_WORDS)
        error = math.sqrt((mine * (1 - mine) + others * (1 - others)) / len(outputs))
        yield Difference(f"whether they contain {token!r}", mine, others, deviation, error)
