"""Predictions whose words, marks or order of words no reference and no dialogue has, whatever their ROUGE."""

import math
import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.looks.file_words import file_words
from sumtune.diagnose.looks.judged import FEWEST_ROWS, SAMPLE, Measure, find_odd
from sumtune.diagnose.looks.outliers import Scale, Values, far_below, find_outliers
from sumtune.diagnose.looks.templates import Template
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import how_many, share
from sumtune.text.words import count_words

__all__ = [
    "broken_sentences",
    "marks_detached",
    "misspelled",
    "names_lost",
    "odd_lengths",
    "punctuation_lost",
    "same_template",
    "starts_midway",
    "strange_marks",
]

FARTHEST = 3
"""Number of the largest distances of `outliers.py` that count; for order and spelling, all of them do."""
ALIKE = 1.5
"""Largest ratio of the median lengths of the other predictions and the references."""
WORDS_WITH_MARK = 8
"""Number of words from which a text has a punctuation mark."""
ORDER_DEVIATION = 0.05
UNKNOWN_DEVIATION = 0.03
TEMPLATE_DEVIATION = 0.1
LENGTH_DEVIATION = 0.4
"""Standard deviations that the measures of clean references have at least."""
MARKS = Scale(distances=FARTHEST)
LENGTHS = Scale(LENGTH_DEVIATION, FARTHEST)
MOST_CAPITALS = 0.3
"""Largest share of capitals in a text whose start is cut off; more of them are another kind of damage."""
NAMELESS_SHARE = 0.1
"""Smallest share of predictions without a name; a sound model writes some."""
DETACHED = re.compile(r"\w\s+(?:[.,;!?](?=\s|$)|n't\b|'(?:s|re|ll|ve|m|d)\b)")
MARK = re.compile(r"[^\w\s]")


def broken_sentences(outputs: Outputs) -> Finding | None:
    """Words that are sorted, mixed or missing, so that neighbours do not fit together."""
    return _measured(
        outputs,
        "broken_sentences",
        "are no sentences: words are missing or in the wrong order",
        "a word fits its place better than {:.0%} of the other words of the text would, in the references than {:.0%} "
        "(means); in random order it is 50%.",
        "fit",
        _order,
        Scale(ORDER_DEVIATION),
    )


def _order(outputs: Outputs) -> Measure:
    known = file_words(outputs)
    return lambda text, row, _own: known.order_fit(text, row)


def misspelled(outputs: Outputs) -> Finding | None:
    """Words that no dialogue and no reference has, because letters were lost or changed."""
    return _measured(
        outputs,
        "misspelled",
        "have words that exist nowhere else",
        "{:.0%} of the words occur in no dialogue and no reference; of the words of a reference, {:.0%} occur in no "
        "dialogue and no other reference (means).",
        "unknown",
        _spelling,
        Scale(UNKNOWN_DEVIATION),
    )


def _spelling(outputs: Outputs) -> Measure:
    known = file_words(outputs)
    return lambda text, row, own: -known.unknown_share(text, row, own)


def same_template(outputs: Outputs) -> Finding | None:
    """Messages of a program, or other texts that are the same but for a few words."""
    return _measured(
        outputs,
        "same_template",
        "are filled into the same template",
        "{:.0%} of the word triples occur in two other predictions or more, but in no reference or dialogue; in the "
        "references, {:.0%} occur in two others and no dialogue (means).",
        "shared",
        _filled,
        Scale(TEMPLATE_DEVIATION, FARTHEST),
    )


def _filled(outputs: Outputs) -> Measure:
    said = outputs.dialogues or ()
    of_predictions = Template(outputs.predictions, (*outputs.first_references, *said))
    of_references = Template(outputs.first_references, said)
    return lambda text, _row, own: -(of_references if own else of_predictions).share(text)


def strange_marks(outputs: Outputs) -> Finding | None:
    """Tokens such as `[PERSON]`, of a form that no dialogue and no reference has."""

    def measure_of(judged: Outputs) -> Measure:
        known = file_words(judged)
        return lambda text, row, own: -float(bool(known.unknown_forms(text, row, own)))

    found = _odd(outputs, measure_of)
    if found is None:
        return None
    bad, _, usual = found
    known = file_words(outputs)
    first = next(
        known.unknown_forms(text, row)[0]
        for row, (text, odd) in enumerate(zip(outputs.predictions, bad, strict=True))
        if odd
    )
    return _finding(
        outputs,
        "strange_marks",
        bad.tolist(),
        "contain marks that no dialogue and no reference has",
        f"{bad.sum()} of {len(bad)} predictions contain a token such as {first[:20]!r}, of a form that no dialogue and "
        f"no reference has; {-usual.mean():.0%} of the references have such a token of their own.",
        {"share_references": float(abs(usual).mean())},
    )


def starts_midway(outputs: Outputs) -> Finding | None:
    """Texts that begin with a small letter, although they have capitals elsewhere, as if their start were cut off."""
    what = "begin with a small letter, but have capitals elsewhere"
    return _marked(outputs, "starts_midway", "begin in the middle of a sentence", what, lambda _judged: _has_start)


def _has_start(text: str, _row: int, _own: str) -> float:
    """Return -1 for a text that begins with a small letter but has a capital, else 0."""
    capitals = share(map(str.isupper, filter(str.isalpha, text)))
    return -float(text.lstrip()[:1].islower() and 0 < capitals <= MOST_CAPITALS)


def names_lost(outputs: Outputs) -> Finding | None:
    """Texts without any name of their dialogue."""
    if outputs.dialogues is None:
        return None
    what = "contain no name of their dialogue"
    return _marked(outputs, "names_lost", "contain no name of their dialogues", what, _naming, NAMELESS_SHARE)


def _naming(outputs: Outputs) -> Measure:
    known = file_words(outputs)
    return lambda text, row, _own: -float(not known.has_name(text, row))


def marks_detached(outputs: Outputs) -> Finding | None:
    """Texts with a space before their punctuation marks, as tokens that nobody joined."""
    what = "have a space before a punctuation mark or inside a contraction"
    return _marked(outputs, "marks_detached", "have spaces before their punctuation", what, lambda _judged: _is_joined)


def _is_joined(text: str, _row: int, _own: str) -> float:
    """Return -1 for a text with a space before a mark, else 0."""
    return -float(DETACHED.search(text) is not None)


def punctuation_lost(outputs: Outputs) -> Finding | None:
    """Texts without any punctuation mark."""
    what = f"have at least {WORDS_WITH_MARK} words and no punctuation mark"
    return _marked(outputs, "punctuation_lost", "have no punctuation", what, lambda _judged: _has_marks)


def odd_lengths(outputs: Outputs) -> Finding | None:
    """Some predictions that are far shorter or far longer than the references and than the other predictions."""
    if len(outputs) < FEWEST_ROWS:
        return None
    columns = (outputs.predictions, outputs.first_references)
    sizes = [np.array([count_words(text) for text in texts]) for texts in columns]
    predicted, wanted = (np.log(np.maximum(size, 1)) for size in sizes)
    for what, sign in (("shorter", 1.0), ("longer", -1.0)):
        bad = find_outliers(sign * predicted, sign * wanted, ~far_below(sign * predicted), LENGTHS)
        if bad is not None and _alike(predicted[~bad], wanted):
            mine, rest, others = (float(np.median(size)) for size in (sizes[0][bad], sizes[0][~bad], sizes[1]))
            return _finding(
                outputs,
                "odd_lengths",
                bad.tolist(),
                f"are far {what} than the references",
                f"{bad.sum()} of {len(bad)} predictions have {mine:g} words, the other predictions {rest:g} and the "
                f"references {others:g} (medians).",
                {"words": mine, "words_others": rest, "words_references": others},
            )
    return None


def _alike(one: Values, two: Values) -> bool:
    """Return whether the medians of two logarithms of lengths are about the same."""
    return bool(len(one)) and abs(float(np.median(one) - np.median(two))) <= math.log(ALIKE)


def _has_marks(text: str, _row: int, _own: str) -> float:
    """Return -1 for a text without punctuation that is long enough to have some, else 0."""
    return -float(len(text.split()) >= WORDS_WITH_MARK and not MARK.search(text))


def _marked(
    outputs: Outputs, code: str, title: str, what: str, measure_of: Callable[[Outputs], Measure], least: float = 0.0
) -> Finding | None:
    """Return the finding that at least the share `least` of the predictions have a mark that few references have."""
    found = _odd(outputs, measure_of)
    if found is None or found[0].mean() < least:
        return None
    bad, _, usual = found
    others = float(abs(usual).mean())
    evidence = f"{bad.sum()} of {len(bad)} predictions {what}; so do {others:.0%} of the references."
    return _finding(outputs, code, bad.tolist(), title, evidence, {"share_references": others})


def _measured(
    outputs: Outputs, code: str, title: str, what: str, number: str, measure_of: Callable[[Outputs], Measure],
    scale: Scale,
) -> Finding | None:  # fmt: skip
    """Return the finding that a measure of some predictions is far below that of the references.

    `what` has places for the means of both, `number` is their name.
    """
    found = _odd(outputs, measure_of, scale)
    if found is None:
        return None
    bad, values, usual = found
    mine, others = float(abs(values[bad]).mean()), float(abs(usual).mean())
    evidence = f"In {bad.sum()} of {len(bad)} predictions, {what.format(mine, others)}"
    return _finding(outputs, code, bad.tolist(), title, evidence, {number: mine, f"{number}_references": others})


def _odd(
    outputs: Outputs, measure_of: Callable[[Outputs], Measure], scale: Scale = MARKS
) -> tuple[NDArray[np.bool_], Values, Values] | None:
    """Return what `find_odd` does; None if the file is too small to show what is usual."""
    if len(outputs) < FEWEST_ROWS or not file_words(outputs.sample(SAMPLE)).are_enough:
        return None
    return find_odd(outputs, measure_of, scale)


def _finding(
    outputs: Outputs, code: str, bad: Sequence[bool], what: str, evidence: str, numbers: dict[str, float]
) -> Finding:
    return Finding(
        code=code,
        title=f"{how_many(bad)} predictions {what}",
        severity="fault",
        evidence=evidence,
        numbers={"share": share(bad), **numbers},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=outputs.filtered([not one for one in bad]),
    )
