"""Predictions whose characters are unlike those of the references and dialogues, for a reason that no rule names."""

import numpy as np

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.looks.file_words import file_words
from sumtune.diagnose.looks.judged import Measure
from sumtune.diagnose.looks.outliers import FEWEST_OUTLIERS, Scale, far_below
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.odd_looks import Odd, look_finding, odd_rows

__all__ = ["unlike_references"]

DISTANCES = {"character": 1, "word": 3}
"""Number of the largest distances of `outliers.py` that count. They are few because there are two models."""
CHARACTER_DEVIATION = 0.2
WORD_DEVIATION = 0.4
"""Standard deviations that the bits of clean references have at least."""
MOST_ODD = 0.5
"""Largest share of predictions in another style; if most of them have it, it may be that of the model."""
ALIKE = 0.5
"""Largest difference of the median bits per word of the other predictions and the references."""


def unlike_references(outputs: Outputs) -> Finding | None:
    """Texts whose characters or words seldom follow one another in references."""
    found = {"character": _odd_characters(outputs), "word": _odd_words(outputs)}
    unit, odd = max(found.items(), key=lambda one: 0 if one[1] is None else int(one[1][0].sum()))
    if odd is None:
        return None
    bad, values, usual = odd
    mine, others = -float(values[bad].mean()), -float(usual.mean())
    what = {"character": "the characters in the references and dialogues", "word": "the words of summaries"}[unit]
    return look_finding(
        outputs,
        "unlike_references",
        bad.tolist(),
        "look unlike the references, for an unknown reason",
        f"A model of {what} needs {mine:.1f} bits for a {unit} of {bad.sum()} of {len(bad)} predictions, but "
        f"{others:.1f} for one of a reference (means).",
        {"bits": mine, "bits_references": others},
    )


def _odd_characters(outputs: Outputs) -> Odd | None:
    def measure_of(judged: Outputs) -> Measure:
        known = file_words(judged)
        predictions, references = map(known.bits, (judged.predictions, judged.first_references))
        return lambda _text, row, own: -float((references if own else predictions)[row])

    return odd_rows(outputs, measure_of, Scale(CHARACTER_DEVIATION, DISTANCES["character"]), None)


def _odd_words(outputs: Outputs) -> Odd | None:
    """Return predictions in another style than the references, if the other predictions have their style."""

    def measure_of(judged: Outputs) -> Measure:
        known = file_words(judged)
        return lambda text, row, _own: -known.style_bits(text, row)

    found = odd_rows(outputs, measure_of, Scale(WORD_DEVIATION, DISTANCES["word"]), None)
    if found is None:
        return None
    odd, values, usual = found
    odd = odd & far_below(values)
    alike = abs(np.median(values[~odd]) - np.median(usual)) <= ALIKE if not odd.all() else False
    return (odd, values, usual) if odd.sum() >= FEWEST_OUTLIERS and odd.mean() <= MOST_ODD and alike else None
