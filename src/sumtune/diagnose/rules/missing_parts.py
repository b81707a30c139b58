"""Predictions that lack a part which references have: the start, the end, names or punctuation marks."""

import re
from collections.abc import Callable

import numpy as np

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.looks.file_words import file_words
from sumtune.diagnose.looks.judged import Mask, Measure
from sumtune.diagnose.looks.outliers import Scale
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.repetition import ends_in_loop
from sumtune.diagnose.rules.odd_looks import FARTHEST, look_finding, odd_rows
from sumtune.diagnose.text_features import DETACHED, is_cut_off, share
from sumtune.text.words import CAPITALIZED, count_words

__all__ = ["ends_midway", "marks_detached", "names_lost", "punctuation_lost", "starts_midway"]

MARKS = Scale(distances=FARTHEST)
WORDS_WITH_MARK = 8
"""Number of words from which a text has a punctuation mark."""
AS_LONG = 0.75
"""Smallest ratio of the median lengths of texts without punctuation and of the others."""
MOST_CAPITALS = 0.3
"""Largest share of capitals in a text whose start is cut off; more of them are another kind of damage."""
FEWEST_WORDS = 3
"""Number of words of a text that should have a name."""
NAMED_SHARE = 0.1
"""Smallest share of predictions with a name of their dialogue if only their start is lost."""
NAMELESS_SHARE = 0.1
"""Smallest share of predictions without a name; a sound model writes some."""
NAMELESS_REFERENCES = 0.05
"""Largest share of references without a name if summaries need one; those of meetings do not."""
MARK = re.compile(r"[^\w\s]")


def starts_midway(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Texts that begin with a small letter, although they did not lose all capitals, as if their start were cut off."""
    what = "begin with a small letter, but have capitals elsewhere or no names"
    title = "begin in the middle of a sentence"
    found = _marked(outputs, suspects, "starts_midway", title, what, _starting)
    return None if found is not None and _lost_names(outputs, found) else found


def _lost_names(outputs: Outputs, found: Finding) -> bool:
    """Return whether hardly any prediction of the finding names anybody; a lost start takes only some names away."""
    known, left = file_words(outputs), set(found.repaired.ids) if found.repaired else set()
    rows = [row for row, name in enumerate(outputs.ids) if name not in left]
    return share(known.has_name(outputs.predictions[row], row) for row in rows) < NAMED_SHARE


def _starting(outputs: Outputs) -> Measure:
    known = file_words(outputs)

    def measure(text: str, row: int, _own: str) -> float:
        """Return -1 for known words that begin with a small letter and have some capitals or no name, else 0."""
        if not text.lstrip()[:1].islower() or count_words(text) == 1:
            return 0.0
        capitals = share(map(str.isupper, filter(str.isalpha, text)))
        midway = capitals <= MOST_CAPITALS and (capitals > 0 or not known.has_name(text, row))
        return -float(midway and not known.is_garbled(text, row))

    return measure


def ends_midway(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Texts that do not end like a sentence, as if their end were cut off, although references do."""
    what = "do not end like a sentence"
    return _marked(outputs, suspects, "ends_midway", what, what, lambda _judged: _has_end)


def _has_end(text: str, _row: int, _own: str) -> float:
    """Return -1 for the start of a sentence that does not end like one, else 0.

    A loop that the limit ends is a loop.
    """
    return -float(is_cut_off(text) and ends_in_loop(text) == text)


def names_lost(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Texts without any name of their dialogue."""
    if outputs.dialogues is None:
        return None
    what = "contain no name of their dialogue"
    title = "contain no name of their dialogues"
    found = _marked(outputs, suspects, "names_lost", title, what, _naming, NAMELESS_SHARE)
    return None if found and found.numbers["share_references"] > NAMELESS_REFERENCES else found


def _naming(outputs: Outputs) -> Measure:
    known = file_words(outputs)

    def measure(text: str, row: int, _own: str) -> float:
        """Return -1 for a text without a name of the dialogue whose other words are known, else 0."""
        if count_words(text) < FEWEST_WORDS or known.has_name(text, row):
            return 0.0
        return -float(not known.is_garbled(CAPITALIZED.sub("", text), row))

    return measure


def marks_detached(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Texts with a space before their punctuation marks, as tokens that nobody joined."""
    what = "have a space before a punctuation mark or inside a contraction"
    return _marked(
        outputs, suspects, "marks_detached", "have spaces before their punctuation", what, lambda _judged: _is_joined
    )


def _is_joined(text: str, _row: int, _own: str) -> float:
    """Return -1 for a text with a space before a mark, else 0."""
    return -float(DETACHED.search(text) is not None)


def punctuation_lost(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Texts without any punctuation mark, as long as the others; the start of a sentence has none either."""
    what = f"have at least {WORDS_WITH_MARK} words and no punctuation mark"
    found = _marked(outputs, suspects, "punctuation_lost", "have no punctuation", what, lambda _judged: _has_marks)
    if found is None or found.repaired is None:
        return found
    left = set(found.repaired.ids)
    sizes: tuple[list[int], list[int]] = ([], [])
    for name, text in zip(outputs.ids, outputs.predictions, strict=True):
        sizes[name in left].append(count_words(text))
    return found if np.median(sizes[0]) >= AS_LONG * np.median(sizes[1]) else None


def _has_marks(text: str, _row: int, _own: str) -> float:
    """Return -1 for a text without punctuation that is long enough to have some, else 0."""
    return -float(len(text.split()) >= WORDS_WITH_MARK and not MARK.search(text))


def _marked(
    outputs: Outputs,
    suspects: Mask | None,
    code: str,
    title: str,
    what: str,
    measure_of: Callable[[Outputs], Measure],
    least: float = 0.0,
) -> Finding | None:
    """Return the finding that at least the share `least` of the predictions have a mark that few references have."""
    found = odd_rows(outputs, measure_of, MARKS, suspects)
    if found is None or found[0].mean() < least:
        return None
    bad, _, usual = found
    others = float(abs(usual).mean())
    evidence = f"{bad.sum()} of {len(bad)} predictions {what} (of the references: {others:.0%})."
    return look_finding(outputs, code, bad.tolist(), title, evidence, {"share_references": others})
