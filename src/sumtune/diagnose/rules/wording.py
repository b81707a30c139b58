"""Predictions whose words, marks, length or word order occur in no reference or dialogue, whatever their ROUGE."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.looks.file_words import MOST_COMMON, file_words, form
from sumtune.diagnose.looks.judged import FEWEST_ROWS, Mask, Measure, is_copied
from sumtune.diagnose.looks.outliers import Scale, Values, far_below, find_outliers
from sumtune.diagnose.looks.templates import Template
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.odd_looks import FARTHEST, Odd, look_finding, odd_rows, only
from sumtune.diagnose.text_features import ends_sentence
from sumtune.text.words import count_words

__all__ = ["broken_sentences", "misspelled", "odd_lengths", "same_template", "strange_marks"]

Sizes = NDArray[np.int64]

FEWEST_UNKNOWN = 2
"""Number of unknown words of a misspelled text."""
FEWEST_USES = 5
"""A word that so many predictions have is not misspelled, unless it differs from a known word in one letter."""
ALIKE = 2.0
"""Largest ratio of the lengths of a prediction and its reference, and of the medians of the others and the references,
that are about the same."""
FEW_WORDS, FEW_RATIO = 3, 3
"""Number of words that can hardly be a summary, if the reference has so many times as many."""
FEWEST_FEW, FEW_SHARE = 3, 0.05
"""Smallest number and share of such predictions; references are so short more rarely by `FEW_RATIO`."""
GOOD_FIT = 0.75
"""How well the words of a text fit if it need not be searched for garbled words."""
SENTENCE_FIT = 0.65
BROKEN_FIT = 0.58
"""How well the words of a text fit if it may be a sentence in another wording; the mean of texts that are none."""
WORDS_OF_SENTENCE = 5
"""Number of words from which a text should have common words."""
LACKING = 0.1
"""Largest share of common words in a text that lacks them; sound sentences can have twice as many."""
USUAL_SHARE = 0.05
"""A word triple that this share of the references have is usual in the file."""
STYLE_SHARE = 0.05
"""A text with this share of usual triples is written in the style of the references."""
ORDER_DEVIATION = 0.05
FREQUENT_DEVIATION = 0.05
UNKNOWN_DEVIATION = 0.03
TEMPLATE_DEVIATION = 0.1
LENGTH_DEVIATION = 0.4
"""Standard deviations that the measures of clean references have at least."""


def broken_sentences(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Words that are sorted, mixed or missing, so that neighbours do not fit together, or common words are few."""
    found = odd_rows(outputs, _order, Scale(ORDER_DEVIATION), suspects)
    if found is None or (misfits := _misfits(found)) is None:
        return _without_common_words(outputs, suspects)
    bad, fits, usual = misfits
    mine, others = float(fits[bad].mean()), float(usual.mean())
    return look_finding(
        outputs,
        "broken_sentences",
        bad.tolist(),
        "are no sentences: words are missing or in the wrong order",
        f"In {bad.sum()} of {len(bad)} predictions, the word in each place fits its neighbours better than {mine:.0%} "
        f"of the other words of the text (mean). In the references, it is {others:.0%}, and in random order, 50%.",
        {"fit": mine, "fit_references": others},
    )


def _misfits(found: Odd) -> Odd | None:
    """Return the texts that may be in random order; None if they are few, or fit so well that they are sentences.

    Words of a sentence in a wording that no text of the file has fit less well than those of a reference, but better
    than in random order.
    """
    misfits = only(found, found[1] < SENTENCE_FIT)
    return misfits if misfits and misfits[1][misfits[0]].mean() < BROKEN_FIT else None


def _order(outputs: Outputs) -> Measure:
    known = file_words(outputs)

    def measure(text: str, row: int, _own: str) -> float:
        """Return how well the words fit their places; 1 for a garbled text or a copy, which are not judged."""
        fit = known.order_fit(text, row)
        return 1.0 if fit < GOOD_FIT and (known.is_garbled(text, row) or is_copied(outputs, row, text)) else fit

    return measure


def _without_common_words(outputs: Outputs, suspects: Mask | None) -> Finding | None:
    found = odd_rows(outputs, _common_words, Scale(FREQUENT_DEVIATION, FARTHEST), suspects)
    if found is None or (lacking := only(found, found[1] <= LACKING)) is None:
        return None
    bad, values, usual = lacking
    mine, others = float(values[bad].mean()), float(usual.mean())
    return look_finding(
        outputs,
        "broken_sentences",
        bad.tolist(),
        "are no sentences: they lack common words",
        f"In {bad.sum()} of {len(bad)} predictions, {mine:.0%} of the words are among the {MOST_COMMON} most common "
        f"ones of the file, such as articles and auxiliary verbs, in the references {others:.0%} (means).",
        {"common": mine, "common_references": others},
    )


def _common_words(outputs: Outputs) -> Measure:
    known = file_words(outputs)

    def measure(text: str, row: int, _own: str) -> float:
        """Return the share of common words; 1 for a short text, a garbled one or a copy, which are not judged."""
        if count_words(text) < WORDS_OF_SENTENCE or known.is_garbled(text, row) or is_copied(outputs, row, text):
            return 1.0
        return known.common_share(text)

    return measure


def misspelled(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Words that no dialogue and no reference has, because letters were lost or changed."""
    found = odd_rows(outputs, _spelling, Scale(UNKNOWN_DEVIATION), suspects)
    if found is None:
        return None
    several = only(found, _wrong_words(outputs) >= FEWEST_UNKNOWN)  # one unknown word may be a name
    if several is None:
        return None
    bad, values, usual = several
    mine, others = -float(values[bad].mean()), float(abs(usual).mean())
    return look_finding(
        outputs,
        "misspelled",
        bad.tolist(),
        "have words that exist nowhere else",
        f"In {bad.sum()} of {len(bad)} predictions, {mine:.0%} of the words occur in no dialogue and no reference; of "
        f"the words of a reference, {others:.0%} occur in no dialogue and no other reference (means).",
        {"unknown": mine, "unknown_references": others},
    )


def _wrong_words(outputs: Outputs) -> Sizes:
    """Return how many unknown words each prediction has that resemble a known one or that few predictions have.

    Other words that many predictions have belong to the way in which the model writes.
    """
    known = file_words(outputs)
    unknown = [known.unknown_words(_whole_words(text), row) for row, text in enumerate(outputs.predictions)]
    counts = Counter(word for found in unknown for word in set(found))
    often = {word for word, count in counts.items() if count >= FEWEST_USES and not known.is_near_miss(word)}
    return np.array([sum(word not in often for word in found) for found in unknown])


def _spelling(outputs: Outputs) -> Measure:
    known = file_words(outputs)
    return lambda text, row, own: -known.unknown_share(_whole_words(text), row, own)


def _whole_words(text: str) -> str:
    """Return `text` without its last word if that may be cut off."""
    return text if ends_sentence(text) else text.rpartition(" ")[0]


def same_template(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Messages of a program, or other texts that are the same but for a few words."""
    found = odd_rows(outputs, _filled, Scale(TEMPLATE_DEVIATION, FARTHEST), suspects)
    if found is None:
        return None
    bad, values, usual = found
    mine, others = float(abs(values[bad]).mean()), float(abs(usual).mean())
    return look_finding(
        outputs,
        "same_template",
        bad.tolist(),
        "are filled into the same template",
        f"In {bad.sum()} of {len(bad)} predictions, {mine:.0%} of the word triples occur in two other predictions or "
        f"more, but in no reference or dialogue; in the references, {others:.0%} occur in two others and no dialogue "
        "(means).",
        {"shared": mine, "shared_references": others},
    )


def _filled(outputs: Outputs) -> Measure:
    said = outputs.dialogues or ()
    of_predictions = Template(outputs.predictions, (*outputs.first_references, *said))
    of_references = Template(outputs.first_references, said)
    usual = Template(outputs.first_references, least_share=USUAL_SHARE)

    def measure(text: str, _row: int, own: str) -> float:
        """Return minus the share of the template; 0 for a text in the style of the references, which is not judged."""
        if own:
            return -of_references.share(text)
        filled = of_predictions.share(text)
        return -filled if filled and usual.share(text) < STYLE_SHARE else 0.0

    return measure


def strange_marks(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Tokens such as `[PERSON]`, of a form that no dialogue and no reference has."""

    def measure_of(judged: Outputs) -> Measure:
        known = file_words(judged)
        return lambda text, row, own: -float(bool(known.unknown_forms(text, row, own)))

    found = odd_rows(outputs, measure_of, Scale(distances=FARTHEST), suspects)
    if found is None:
        return None
    bad, _, usual = found
    known = file_words(outputs)
    tokens = [known.unknown_forms(outputs.predictions[row], row) for row in np.flatnonzero(bad).tolist()]
    most, count = Counter(one for listed in tokens for one in set(map(form, listed))).most_common(1)[0]
    example = next(token for listed in tokens for token in listed if form(token) == most)
    return look_finding(
        outputs,
        "strange_marks",
        bad.tolist(),
        "contain marks that no dialogue and no reference has",
        f"{bad.sum()} of {len(bad)} predictions contain a token of a form that no dialogue and no reference has: "
        f"{count} of them one such as {example[:20]!r}. {abs(usual.mean()):.0%} of the references have a token of a "
        "form of their own.",
        {"marked": count, "share_references": float(abs(usual).mean())},
    )


def odd_lengths(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Some predictions that are far shorter or far longer than the references and than the other predictions."""
    if len(outputs) < FEWEST_ROWS:
        return None
    columns = (outputs.predictions, outputs.first_references)
    sizes = [np.array([count_words(text) for text in texts]) for texts in columns]
    predicted, wanted = (np.log(np.maximum(size, 1)) for size in sizes)
    as_own = np.abs(predicted - wanted) < math.log(ALIKE)
    few = (sizes[0] <= FEW_WORDS) & (sizes[1] >= FEW_RATIO * sizes[0])
    few_share = max(FEW_SHARE, FEW_RATIO * float(np.mean(sizes[1] <= FEW_WORDS)))
    if suspects is None and few.sum() >= FEWEST_FEW and few.mean() >= few_share:
        return _odd_lengths(outputs, few, sizes, "shorter")
    for what, sign in (("shorter", 1.0), ("longer", -1.0)):
        exempt = as_own if suspects is not None else as_own | ~far_below(sign * predicted, upper=sign > 0)
        scale = Scale(LENGTH_DEVIATION, FARTHEST)
        bad = find_outliers(sign * predicted, sign * wanted, exempt, scale, suspects)
        if bad is not None and _alike(predicted[~bad], wanted):
            return _odd_lengths(outputs, bad, sizes, what)
    return None


def _odd_lengths(outputs: Outputs, bad: Mask, sizes: Sequence[Sizes], what: str) -> Finding:
    mine, others = float(np.median(sizes[0][bad])), float(np.median(sizes[1]))
    numbers, rest = {"words": mine, "words_references": others}, ""
    if not bad.all():
        numbers["words_others"] = float(np.median(sizes[0][~bad]))
        rest = f", the other predictions of {_words(numbers['words_others'])}"
    return look_finding(
        outputs,
        "odd_lengths",
        bad.tolist(),
        f"are far {what} than the references",
        f"{bad.sum()} of {len(bad)} predictions have a median length of {_words(mine)}{rest}, and the references of "
        f"{_words(others)}.",
        numbers,
    )


def _words(number: float) -> str:
    return f"{number:g} word{'' if number == 1 else 's'}"


def _alike(one: Values, two: Values) -> bool:
    """Return whether the medians of two logarithms of lengths are about the same."""
    return bool(len(one)) and abs(float(np.median(one) - np.median(two))) <= math.log(ALIKE)
