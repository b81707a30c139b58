"""Predictions whose characters, words or simple traits are unlike those of references, for a reason no rule names."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.looks.file_words import file_words
from sumtune.diagnose.looks.judged import Measure
from sumtune.diagnose.looks.outliers import FEWEST_OUTLIERS, Scale, chance_of_more, far_below
from sumtune.diagnose.looks.traits import TRAITS, Trait
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.odd_looks import Odd, look_finding, odd_rows, only

__all__ = ["unlike_references"]

DISTANCES = {"character": 1, "word": 3, "trait": 1}
"""Number of the largest distances of `outliers.py` that count. They are few because there are several models."""
CHARACTER_DEVIATION = 0.2
WORD_DEVIATION = 0.4
TRAIT_DEVIATION = 0.05
"""Standard deviations that the values of clean references have at least."""
STRANGE_BITS = 3.2
"""Smallest number of bits for a character in a strange text; sentences in a wording that templated references do not
have need more than these references, but fewer than this."""
FEWEST_WITH_TRAIT = 4
"""Number of predictions with an odd trait; more than for a model, because there are many traits."""
MOST_ODD = 0.5
"""Largest share of predictions in another style; if most of them have it, it may be that of the model."""
ALIKE = 0.5
"""Largest difference of the medians of the other predictions and the references: bits per word, or standard deviations
of a trait."""
SURE_P_VALUE = 0.01
"""Largest probability with which as many predictions would be odd if they were like the references."""


def unlike_references(outputs: Outputs) -> Finding | None:
    """Predictions with sequences of characters or words that are rare in references, or with an odd trait.

    Of these differences, the one that concerns the most rows counts.
    """
    found = [*_odd_characters(outputs), *_odd_words(outputs), *_odd_traits(outputs)]
    if not found:
        return None
    (bad, values, usual), what = max(found, key=lambda one: int(one[0][0].sum()))
    mine, others = abs(float(values[bad].mean())), abs(float(usual.mean()))
    as_odd = int((usual <= values[bad].max()).sum())
    p_value = chance_of_more(int(bad.sum()), len(bad), as_odd, len(usual))
    sure = p_value <= SURE_P_VALUE
    chance = "" if sure else f" As many would be so by chance with a probability of {p_value:.0%}."
    finding = look_finding(
        outputs,
        "unlike_references",
        bad.tolist(),
        f"look unlike the references, {'for an unknown reason' if sure else 'which may be chance'}",
        f"In {bad.sum()} of {len(bad)} predictions, {what} is {mine:.2f}, and in the references {others:.2f} "
        f"(means).{chance}",
        {"value": mine, "value_references": others, "p_value": p_value},
    )
    return finding if sure else replace(finding, severity="weakness", sure=False)


def _odd_characters(outputs: Outputs) -> Iterator[tuple[Odd, str]]:
    def measure_of(judged: Outputs) -> Measure:
        known = file_words(judged)
        predictions, references = map(known.bits, (judged.predictions, judged.first_references))
        return lambda _text, row, own: -float((references if own else predictions)[row])

    odd = odd_rows(outputs, measure_of, Scale(CHARACTER_DEVIATION, DISTANCES["character"]), None)
    if odd is not None and (strange := only(odd, odd[1] <= -STRANGE_BITS)) is not None:
        yield strange, "the number of bits that a model of references and dialogues needs for a character"


def _odd_words(outputs: Outputs) -> Iterator[tuple[Odd, str]]:
    """Yield predictions in another style than the references, if the other predictions have their style."""

    def measure_of(judged: Outputs) -> Measure:
        known = file_words(judged)
        return lambda text, row, _own: -known.style_bits(text, row)

    odd = odd_rows(outputs, measure_of, Scale(WORD_DEVIATION, DISTANCES["word"]), None)
    if odd is not None and (few := _few(odd, ALIKE, FEWEST_OUTLIERS)) is not None:
        yield few, "the number of bits that a model of summaries needs for a word"


def _odd_traits(outputs: Outputs) -> Iterator[tuple[Odd, str]]:
    """The same for simple traits, too high or too low."""
    for what, trait in TRAITS.items():
        for sign in (-1.0, 1.0):
            odd = odd_rows(outputs, _signed(trait, sign), Scale(TRAIT_DEVIATION, DISTANCES["trait"]), None)
            if (
                odd is not None
                and (few := _few(odd, ALIKE * max(float(odd[2].std()), TRAIT_DEVIATION), FEWEST_WITH_TRAIT)) is not None
            ):
                yield few, what


def _signed(trait: Trait, sign: float) -> Callable[[Outputs], Measure]:
    def measure_of(judged: Outputs) -> Measure:
        dialogues = judged.dialogues or ("",) * len(judged)
        return lambda text, row, _own: sign * trait(text, dialogues[row])

    return measure_of


def _few(found: Odd, alike: float, fewest: int) -> Odd | None:
    """Return the odd predictions that are far from the others, too; None if these are not like the references."""
    odd, values, usual = found
    odd = odd & far_below(values)
    if odd.sum() < fewest or odd.mean() > MOST_ODD:
        return None
    return (odd, values, usual) if abs(np.median(values[~odd]) - np.median(usual)) <= alike else None
