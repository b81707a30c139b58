"""Find predictions that are unusual in one measured value, compared with the references."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sumtune.diagnose.looks.file_words import file_words
from sumtune.diagnose.looks.outliers import Scale, Values, find_outliers
from sumtune.diagnose.outputs import Outputs
from sumtune.evaluate.faithfulness import novel_bigrams
from sumtune.text.words import count_words

__all__ = ["COPIED", "FEWEST_ROWS", "SAMPLE", "Mask", "Measure", "find_odd", "is_copied"]

FEWEST_ROWS = 10
"""Number of rows, and of references that copy little, that show what is usual."""
SAMPLE = 1_000
"""Number of rows that are judged first; the others follow only if these are odd."""
MOST_COPIES = 0.5
"""Share of copies from which a system does nothing else."""
SAMPLE_OF_COPIES = 200
CACHED_TEXTS = 1 << 14
FEWEST_WORDS = 3
"""Number of words of a copy."""
COPIED = 0.6
"""Share of the word pairs that a text takes from its dialogue, from which it counts as a copy."""

Mask = NDArray[np.bool_]
Measure = Callable[[str, int, str], float]
"""Returns a value, low for damaged texts, of a text in a row. The third argument is the row's reference if the text is
that reference itself, else empty."""


def find_odd(
    outputs: Outputs, measure_of: Callable[[Outputs], Measure], scale: Scale, suspects: Mask | None = None
) -> tuple[NDArray[np.bool_], Values, Values] | None:
    """Return which predictions are below the range of the references, and the values of both; None if hardly any are.

    References that copy their dialogue do not show what is usual in a summary. If most predictions are such copies
    (lead-3 writes only copies), no copy is odd. A text is not odd, either, if its own reference has a value as low, or
    if the file has too few words in its language. `suspects` are rows that are known to be damaged: `(rows,)`.
    """
    if suspects is None and len(outputs) > SAMPLE and find_odd(outputs.sample(SAMPLE), measure_of, scale) is None:
        return None
    measure = measure_of(outputs)
    summaries = [(row, text) for row, text in enumerate(outputs.first_references) if not is_copied(outputs, row, text)]
    if len(summaries) < FEWEST_ROWS:
        return None
    references = np.array([measure(text, row, text) for row, text in summaries])
    predictions = np.array([measure(text, row, "") for row, text in enumerate(outputs.predictions)])
    low = predictions < np.median(references)
    known, only_copies = file_words(outputs), _mostly_copies(outputs)
    exempt = ~low
    for row in np.flatnonzero(low).tolist():
        text, reference = outputs.predictions[row], outputs.first_references[row]
        exempt[row] = (
            (only_copies and is_copied(outputs, row, text))
            or not known.has_language(row)
            or measure(reference, row, reference) <= predictions[row]
        )
    odd = find_outliers(predictions, references, exempt, scale, suspects)
    return None if odd is None else (odd, predictions, references)


def _mostly_copies(outputs: Outputs) -> bool:
    sample = outputs.sample(SAMPLE_OF_COPIES)
    copies = sum(is_copied(sample, row, text) for row, text in enumerate(sample.predictions))
    return copies > MOST_COPIES * len(sample)


def is_copied(outputs: Outputs, row: int, text: str) -> bool:
    """Return whether the text of a row takes most of its word pairs from its dialogue."""
    return outputs.dialogues is not None and _copies(text, outputs.dialogues[row])


@lru_cache(CACHED_TEXTS)
def _copies(text: str, dialogue: str) -> bool:
    return count_words(text) >= FEWEST_WORDS and 1 - novel_bigrams(text, dialogue) >= COPIED
