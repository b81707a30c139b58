"""Predictions that have to do with another dialogue, with none, or that stand in several rows."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from sumtune.data.example import normalize
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.looks.file_words import file_words
from sumtune.diagnose.looks.judged import FEWEST_ROWS, Mask, Measure, find_odd, is_copied
from sumtune.diagnose.looks.other_rows import Elsewhere, words_elsewhere
from sumtune.diagnose.looks.outliers import Scale, find_outliers, may_be_outliers
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.letter_case import case_destroyed
from sumtune.diagnose.rules.columns import FEWEST_SAME
from sumtune.diagnose.rules.language_and_case import common_language
from sumtune.diagnose.rules.misplaced_rows import LANGUAGE_ROWS
from sumtune.diagnose.rules.odd_looks import only
from sumtune.diagnose.text_features import content_words, how_many, share, words
from sumtune.text.words import count_words

__all__ = ["predictions_repeat", "text_of_other_rows", "unrelated"]

FARTHEST = 3
FEWEST_WORDS = 3
"""Number of words of a text that can be about something."""
COMMON_DEVIATION = 0.12
"""Standard deviation of the share of a reference's words in its dialogue, at least."""
HARDLY_ANY = 0.32
"""Largest share of the names and long words of an unrelated text that occur in its dialogue."""
REPEATED_SHARE = 0.04
FEWEST_REPEATED = 3
REPEATED_WORDS = 4
"""Smallest number of words of a text that stands in several rows by mistake. A shorter one, such as the label of a
class, must stand in at least as many rows as such texts together."""
MOST_OF_ONE = 0.8
"""Largest share of one text among the repeated ones, unless few rows have it; otherwise it is one summary for all."""
FITS = 0.5
"""Smallest share of the names and long words of a text in the dialogue and the reference of a row that it fits."""
MISFITS = 0.3
"""If this share of the repeated texts do not fit their rows, they repeat by mistake."""
FOREIGN_WORDS = 3
"""Smallest number of rare words that a prediction shares with another dialogue only."""
TOGETHER = 0.5
"""Smallest share of the words that the own dialogue lacks that the other dialogue must have."""


def predictions_repeat(outputs: Outputs) -> Finding | None:
    """The same prediction in several rows whose references differ."""
    texts = [normalize(text) for text in outputs.predictions]
    references = [normalize(text) for text in outputs.first_references]
    counts = Counter(texts)
    often = max(FEWEST_REPEATED, REPEATED_SHARE * len(texts))
    counts = Counter({text: count for text, count in counts.items() if count >= often or _is_long(text)})
    kinds = Counter(text for text, _ in set(zip(texts, references, strict=True)))
    bad = [counts[text] > 1 and kinds[text] > 1 for text in texts]
    most = max((counts[text] for text, one in zip(texts, bad, strict=True) if one), default=0)
    if (
        sum(bad) < FEWEST_REPEATED
        or share(bad) < REPEATED_SHARE
        or (most >= FEWEST_SAME and most > MOST_OF_ONE * sum(bad))
        or _fit(outputs, bad)
    ):
        return _rows_repeat(outputs)
    return Finding(
        code="predictions_repeat",
        title=f"{how_many(bad)} predictions stand in several rows",
        severity="fault",
        evidence=f"{sum(bad)} of {len(bad)} predictions are the same text as another one, although their references "
        f"differ; these are {len({text for text, one in zip(texts, bad, strict=True) if one})} different texts.",
        numbers={"share": share(bad)},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=outputs.filtered([not one for one in bad]),
    )


def _fit(outputs: Outputs, repeated: Sequence[bool]) -> bool:
    """Return whether most of the repeated texts fit their rows, as titles of requests may."""
    rows = zip(outputs.predictions, outputs.first_references, outputs.dialogues or (), strict=False)
    misfits = [
        _in_common(content_words(case_destroyed(text)), content_words(reference) | content_words(said)) < FITS
        for one, (text, reference, said) in zip(repeated, rows, strict=False)
        if one
    ]
    return bool(misfits) and share(misfits) < MISFITS


def _is_long(text: str) -> bool:
    return len(words(text)) >= REPEATED_WORDS


def _rows_repeat(outputs: Outputs) -> Finding | None:
    """Whole rows that stand in the file again: the same dialogue, reference and prediction."""
    rows = list(zip(outputs.predictions, outputs.references, outputs.dialogues or outputs.predictions, strict=True))
    counts = Counter(row for row in rows if _is_long(row[0]))
    first = {row: place for place, row in reversed(list(enumerate(rows)))}
    again = [counts[row] > 1 and first[row] != place for place, row in enumerate(rows)]
    if sum(again) < FEWEST_REPEATED or share(again) < REPEATED_SHARE:
        return None
    return Finding(
        code="predictions_repeat",
        title="Some rows stand in the file again",
        severity="weakness",
        evidence=f"{sum(again)} of {len(again)} rows have the dialogue, the reference and the prediction of an earlier "
        "row, as if a second run had been appended. The score counts them again.",
        numbers={"share": share(again)},
        examples=outputs.first_ids(again, SHOWN_EXAMPLES),
        repaired=outputs.filtered([not one for one in again]),
    )


def unrelated(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Predictions without a word of their dialogue."""
    dialogues = outputs.dialogues
    if dialogues is None or len(outputs) < FEWEST_ROWS or not _one_language(outputs):
        return None

    def measure_of(judged: Outputs) -> Measure:
        said = [content_words(text) for text in judged.dialogues or ()]
        known = file_words(judged)

        def measure(text: str, row: int, _own: str) -> float:
            """Return the share of the words that the dialogue has; 1 for a garbled or a very short text."""
            return (
                1.0
                if count_words(text) < FEWEST_WORDS or known.is_garbled(text, row)
                else _in_common(content_words(case_destroyed(text)), said[row])
            )

        return measure

    found = find_odd(outputs, measure_of, Scale(COMMON_DEVIATION, FARTHEST), suspects)
    if found is None or (hardly_any := only(found, found[1] <= HARDLY_ANY)) is None:
        return None
    bad, values, usual = hardly_any
    mine, others = float(values[bad].mean()), float(usual.mean())
    return Finding(
        code="unrelated",
        title=f"{how_many(bad.tolist())} predictions have hardly a word of their dialogues",
        severity="fault",
        evidence=f"In {bad.sum()} of {len(bad)} predictions, {mine:.0%} of the names and long words occur in the "
        f"dialogue, in the references {others:.0%} (means).",
        numbers={"share": float(bad.mean()), "in_dialogue": mine, "in_dialogue_references": others},
        examples=outputs.excerpts(bad.tolist(), SHOWN_EXAMPLES),
        repaired=outputs.filtered((~bad).tolist()),
    )


def text_of_other_rows(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Predictions that contain words of another row's dialogue: two texts in one, or lines that were mixed."""
    dialogues = outputs.dialogues
    if dialogues is None or len(outputs) < FEWEST_ROWS:
        return None
    found = words_elsewhere(outputs.predictions, dialogues)
    scattered = _are_scattered(found)
    if suspects is None and not may_be_outliers(~scattered):
        return None
    usual = words_elsewhere(outputs.first_references, dialogues)
    own = [row for row, text in enumerate(outputs.first_references) if not is_copied(outputs, row, text)]
    values, references = -found.counts.astype(float), -usual.counts[own].astype(float)
    if len(own) < FEWEST_ROWS:
        return None
    together = np.where(_are_scattered(usual)[own], 0.0, references)
    tests = (
        find_outliers(values, one, scattered, Scale(distances=FARTHEST), suspects) for one in (together, references)
    )
    odd = next((odd for odd in tests if odd is not None), None)
    if odd is None:
        return None
    row = int(np.flatnonzero(odd)[0])
    mine, others = abs(float(values[odd].mean())), abs(float(references.mean()))
    return Finding(
        code="text_of_other_rows",
        title=f"{how_many(odd.tolist())} predictions contain text about the dialogues of other rows",
        severity="fault",
        evidence=f"{odd.sum()} of {len(odd)} predictions have {mine:.1f} rare words (mean) that their own dialogue "
        f"lacks but that one other dialogue has; the references have {others:.1f}. For example, the prediction of row "
        f"{row + 1} fits the dialogue of row {found.rows[row] + 1}.",
        numbers={"share": float(odd.mean()), "words": mine, "words_references": others},
        examples=outputs.excerpts(odd.tolist(), SHOWN_EXAMPLES),
        repaired=outputs.filtered((~odd).tolist()),
    )


def _are_scattered(found: Elsewhere) -> Mask:
    """Return in which texts the foreign words are few, or occur together in no other dialogue: `(rows,)`."""
    return np.asarray((found.counts < FOREIGN_WORDS) | (found.counts < TOGETHER * found.strange))


def _in_common(found: frozenset[str], said: frozenset[str]) -> float:
    return len(found & said) / len(found) if found else 1.0


def _one_language(outputs: Outputs) -> bool:
    columns = (outputs.first_references, outputs.dialogues or ())
    return len({common_language(texts[:LANGUAGE_ROWS]) for texts in columns} - {None}) <= 1
